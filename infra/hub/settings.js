// The parameters of the hub (parameters.yml) with the settings of serverless.hub.yml as their defaults, checked as those of a member are.
const path = require('path');
const { settingsOf } = require('../settings');

module.exports = settingsOf(path.join(__dirname, 'parameters.yml'), 'docs/organization.md');
