// The thresholds of a deployment, refused if they contradict each other: CloudFormation cannot compare numbers. The functions and the command
// line check the same (fargatecount/settings/deployment.py), but only after the deployment.
const refuse = (text) => {
  throw Object.assign(new Error(text), { stack: text }); // osls prints the stack, which does not help the operator
};

module.exports = async ({ resolveVariable }) => {
  const found = {};
  for (const name of ['warningPercent', 'criticalPercent', 'limitPercent']) {
    const text = String(await resolveVariable(`param:${name}`)).trim();
    found[name] = text ? Number(text) : NaN;
    if (!(found[name] >= 1 && found[name] <= 100)) refuse(`${name} is '${text}': expected a number from 1 to 100`);
  }
  const { warningPercent: warning, criticalPercent: critical } = found;
  if (warning >= critical) {
    refuse(`warningPercent is ${warning} and criticalPercent is ${critical}: the warning threshold must be below the critical one`);
  }
  return found;
};
