// Validates recorded requests and responses against the contract with an independent JSON Schema 2020-12 validator.
//   node validate-exchanges.mjs EXCHANGES.jsonl CONTRACT_FOLDER OUR_FOLDER
// Every object that the contract describes is closed: a field it does not declare is a fault.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const [exchangesFile, contractFolder, ourFolder] = process.argv.slice(2);
const read = file => JSON.parse(readFileSync(file, "utf8"));

const contract = read(join(contractFolder, "rest.json"));
const overlay = read(join(contractFolder, "rest.overlay.json"));
for (const file of readdirSync(ourFolder).filter(name => /^tollgate\..*\.json$/.test(name))) {
  const ours = read(join(ourFolder, file));
  Object.assign(contract.paths, ours.paths);
  for (const [kind, parts] of Object.entries(ours.components))
    contract.components[kind] = { ...contract.components[kind], ...parts };
}
for (const { schema, property, as } of overlay.extend)
  contract.components.schemas[schema].properties[property] = as;

const literals = new Set(["enum", "const", "default", "required", "type"]);

const componentPrefix = "#/components/schemas/";

// A schema below allOf describes only part of its value, so there the whole is closed instead of the parts.
function close(node, isPart) {
  if (Array.isArray(node)) return node.map(item => close(item, isPart));
  if (node === null || typeof node !== "object") return node;
  // What is closed where it stands alone must not be as a part.
  if (isPart && node.$ref?.startsWith(componentPrefix))
    return close(contract.components.schemas[node.$ref.slice(componentPrefix.length)], true);
  const closed = {};
  for (const [key, value] of Object.entries(node)) {
    // Names of properties are no keywords: a property may be called "type".
    if (key === "properties")
      closed[key] = Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, close(schema, false)]));
    else
      closed[key] = literals.has(key) || key.startsWith("x-") ? value : close(value, key === "allOf");
  }
  if (!isPart && (node.properties || node.allOf) && node.additionalProperties === undefined)
    closed.unevaluatedProperties = false;
  return closed;
}

const schemas = Object.fromEntries(
  Object.entries(contract.components.schemas).map(([name, schema]) => [name, close(schema, false)]));
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: "contract", components: { schemas } });

const compiled = new Map();
function validator(key, schema) {
  if (!compiled.has(key)) {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"contract#/components/');
    compiled.set(key, ajv.compile(JSON.parse(text)));
  }
  return compiled.get(key);
}

const operations = new Map();
for (const [path, item] of Object.entries(contract.paths))
  for (const [method, operation] of Object.entries(item))
    operations.set(operation.operationId, { ...operation, path, method: method.toUpperCase() });

const contentSchema = holder => holder?.content?.["application/json"]?.schema;
const resolve = holder => holder?.$ref ? contract.components.responses[holder.$ref.split("/").pop()] : holder;

let checked = 0;
const faults = new Set();
function check(label, key, schema, value) {
  checked++;
  const validate = validator(key, schema);
  if (validate(value)) return;
  for (const error of validate.errors)
    faults.add(`${label} at ${error.instancePath || "/"}: ${error.message} ${JSON.stringify(error.params)}`);
}

function checkExchange(exchange) {
  const label = `${exchange.operationId} (${exchange.method} ${exchange.target}) ${exchange.status}`;
  const operation = operations.get(exchange.operationId);
  if (!operation) return faults.add(`${label}: the contract has no such operation`);
  if (operation.method !== exchange.method) faults.add(`${label}: the contract says ${operation.method}`);

  const request = contentSchema(operation.requestBody);
  if (exchange.requestBody !== null && !request) faults.add(`${label}: the contract has no request body`);
  if (exchange.keepsContract && request)
    check(`${label} request`, `${exchange.operationId} request`, close(request, false), exchange.requestBody ?? {});

  const response = resolve(operation.responses[exchange.status]);
  if (!response) return faults.add(`${label}: the contract does not declare this status`);
  const schema = contentSchema(response);
  const whole = exchange.status >= 400
    ? { allOf: [close(schema, true)], unevaluatedProperties: false }
    : close(schema, false);
  check(`${label} response`, `${exchange.operationId} ${exchange.status}`, whole, exchange.responseBody);
}

for (const line of readFileSync(exchangesFile, "utf8").split("\n").filter(Boolean))
  checkExchange(JSON.parse(line));

if (checked === 0) faults.add("no exchange was checked");
if (faults.size > 0) {
  console.error([...faults].join("\n"));
  process.exitCode = 1;
} else {
  console.log(`${checked} documents keep the contract`);
}
