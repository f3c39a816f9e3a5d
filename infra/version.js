// The version, from the one place that has it: fargatecount/__init__.py.
const fs = require('fs');
const path = require('path');

module.exports = async () => {
  const text = fs.readFileSync(path.join(__dirname, '..', 'fargatecount', '__init__.py'), 'utf8');
  return text.match(/^__version__ = "([^"]+)"$/m)[1];
};
