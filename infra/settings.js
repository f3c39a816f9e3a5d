// The template's parameters (parameters.yml) with the settings of serverless.yml as their defaults. Refused: an unknown name, a value out of
// the limits in parameters.yml, a warning threshold that is not below the critical one, and a batch without the window that it needs, which
// CloudFormation cannot compare.
const fs = require('fs');
const path = require('path');
const yaml = require('js-yaml'); // osls reads serverless.yml with it

const NOT_PARAMETERS = ['prefix', 'tags']; // they name and tag the stack

const JSON_SETTINGS = ['limits', 'regionPrices'];

const refuse = (text) => {
  throw Object.assign(new Error(text), { stack: text }); // osls prints the stack, which does not help the operator
};

const settingOf = (parameter) => parameter[0].toLowerCase() + parameter.slice(1);

const fits = (text, { Type, AllowedValues, AllowedPattern, MinValue, MaxValue, ConstraintDescription }) => {
  if (AllowedValues && !AllowedValues.includes(text)) return false;
  if (AllowedPattern) {
    const parts = Type === 'CommaDelimitedList' ? text.split(',') : [text];
    if (!parts.every((part) => new RegExp(`^(?:${AllowedPattern})$`).test(part.trim()))) return false;
  }
  if (Type !== 'Number') return true;
  const number = text ? Number(text) : NaN;
  if (Number.isNaN(number) || number < MinValue || number > MaxValue) return false;
  return !/^a whole number/.test(ConstraintDescription) || /^[0-9]+$/.test(text);
};

const isJson = (text) => {
  try {
    return Boolean(JSON.parse(text));
  } catch {
    return false;
  }
};

const contradiction = ({ warningPercent, criticalPercent, batchSize, batchWindow }) => {
  if (Number(warningPercent) >= Number(criticalPercent)) {
    return `warningPercent is ${warningPercent} and criticalPercent is ${criticalPercent}: the warning threshold must be below the critical one`;
  }
  if (Number(batchSize) > 10 && Number(batchWindow) < 1) {
    return `batchSize is ${batchSize} and batchWindow is ${batchWindow}: more than 10 events need a window of at least 1 second`;
  }
  return null;
};

const settingsOf = (file, page) => async ({ resolveVariable }) => {
  const { Parameters, Metadata } = yaml.load(fs.readFileSync(file, 'utf8'));
  const stage = await resolveVariable('sls:stage');
  const settings = {};
  for (const [name, parameter] of Object.entries(Parameters)) {
    const setting = settingOf(name);
    const text = name === 'Stage' ? stage : String(await resolveVariable(`param:${setting}`)).trim();
    if (!fits(text, parameter)) refuse(`${setting} is '${text}': expected ${parameter.ConstraintDescription}`);
    if (JSON_SETTINGS.includes(setting) && !isJson(text)) refuse(`${setting} is '${text}': expected JSON`);
    settings[setting] = text;
    parameter.Default = text;
  }
  const written = (await resolveVariable('self:params, null')) || {};
  const given = [
    ...((await resolveVariable('opt:param, null')) || []).map((text) => text.split('=', 1)[0]),
    ...Object.keys(written.default || {}),
    ...Object.keys(written[stage] || {}),
  ];
  const unknown = given.find((name) => !(name in settings) && !NOT_PARAMETERS.includes(name));
  if (unknown) refuse(`there is no setting ${unknown}: ${page} lists them`);
  const problem = contradiction(settings);
  if (problem) refuse(problem);
  return { Parameters, Metadata };
};

module.exports = settingsOf(path.join(__dirname, 'parameters.yml'), 'docs/settings.md');
module.exports.settingsOf = settingsOf; // the hub has other settings, checked alike
