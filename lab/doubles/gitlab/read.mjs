// What gitlab-ci-local makes of the .gitlab-ci.yml here, as JSON: jobs with their rules applied.
//
// node read.mjs PACKAGE <VARIABLES: the package's folder, and the variables that rules see, as JSON.
// Of the package's commands none tells a job's script, tags or variables, and none asks the rules of
// `workflow`, so that its own modules do it here.
import { readFileSync } from "node:fs";

const modules = `${process.argv[2]}/src`;
const { Argv } = await import(`${modules}/argv.js`);
const { Parser } = await import(`${modules}/parser.js`);
const { Utils } = await import(`${modules}/utils.js`);
const { WriteStreamsMock } = await import(`${modules}/write-streams.js`);

const UNITS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

// "1h 30m", "90 minutes", or seconds.
function seconds(job, said) {
    if (said === undefined) return null;
    const parts = [...String(said).matchAll(/(\d+)\s*([a-z]*)/gi)];
    const known = parts.map(([, number, unit]) => number * UNITS[(unit || "s")[0].toLowerCase()]);
    const sum = known.reduce((all, one) => all + one, 0);
    if (!sum) throw new Error(`jobs:${job.name}:timeout config should be a duration`);
    return sum;
}

// What `default` says of a keyword that the package does not inherit.
function inherited(parser, job, keyword) {
    const inherit = job.jobData.inherit?.default ?? true;
    const may = Array.isArray(inherit) ? inherit.includes(keyword) : inherit;
    return job.jobData[keyword] ?? (may ? parser.gitlabData.default?.[keyword] : undefined);
}

// The names of the variables that the file gives to a job; the package knows their values.
function named(job) {
    const matrix = job.jobData.parallel?.matrix ?? [];
    const sources = [job.globalVariables, job.jobData.variables, ...matrix];
    return new Set([...sources, ...(job.rules ?? []).map((rule) => rule.variables)]
        .flatMap((source) => Object.keys(source ?? {})));
}

function told(parser, job, more) {
    const plain = job.when === "manual" && !job.rules && job.jobData.allow_failure === undefined;
    const own = [...named(job)].filter((key) => key in job._variables);
    return {
        name: job.name,
        stage: job.stage,
        when: job.when,
        // Nothing waits for a manual job, unless it says so.
        allow_failure: plain || job.allowFailure === true,
        tags: inherited(parser, job, "tags") ?? [],
        timeout: seconds(job, inherited(parser, job, "timeout")),
        script: [...job.beforeScripts, ...job.scripts],
        after_script: job.afterScripts,
        variables: { ...more, ...Object.fromEntries(own.map((key) => [key, job._variables[key]])) },
    };
}

async function read(variables) {
    const argv = await Argv.build({ variable: [] }, new WriteStreamsMock());
    // Not as words of the command line: they hold secrets.
    Object.defineProperty(argv, "variable", { get: () => variables });
    const parser = await Parser.create(argv, new WriteStreamsMock(), 0, []);
    const seen = { ...parser.gitlabData.variables, ...variables };
    const rules = parser.gitlabData.workflow?.rules ?? [{ when: "always" }];
    const branches = { default: variables.CI_DEFAULT_BRANCH };
    const asked = { argv, cwd: process.cwd(), rules, variables: seen };
    const workflow = Utils.getRulesResult(asked, { branches }, "always");
    const jobs = workflow.when === "never" ? [] : parser.jobs.filter((job) => job.when !== "never");
    return {
        stages: parser.stages,
        jobs: jobs.map((job) => told(parser, job, workflow.variables ?? {})),
    };
}

let answer;
try {
    answer = await read(JSON.parse(readFileSync(0, "utf8")));
} catch (error) {
    answer = { error: error.message.trim() };
}
process.stdout.write(JSON.stringify(answer));
