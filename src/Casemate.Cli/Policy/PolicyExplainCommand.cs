using System.CommandLine;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy;
using Casemate.Rego;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy explain</c>.</summary>
internal sealed class PolicyExplainCommand : CliCommand
{
    private const int Columns = 80;

    private readonly Argument<string> _policy = new("POLICY") { Description = $"The policy: {PolicyInput.Forms}." };

    private readonly Argument<string?> _request = new("REQUEST")
    {
        Description = "A request of the agent as JSON, {\"kind\": \"CreateContainerRequest\", \"request\": {…}}: say what becomes of it "
            + "and "
            + "why. Fields that are missing have their defaults.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _after = new("--after")
    {
        Description = "Requests that came before, one a line, such as those that created the sandbox.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _kind = new("--kind")
    {
        Description = "The kind of the request, where the file holds the request alone: CreateContainerRequest, or CreateContainer.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: false);

    public PolicyExplainCommand()
        : base(
            "explain", "Say in plain words what a policy allows each container; or, for one request, what the agent answers, which "
                + "check failed "
            + "at which field, and where the policy says so. Exit code 0 done or allowed, 1 the request is denied, 3 an input is "
                + "malformed.",
            new CommandExample("What may run", "casemate policy explain app.yaml"),
            new CommandExample("Why a container did not start", "casemate policy explain app.yaml request.json --after earlier.jsonl"))
    {
        Add(_policy);
        Add(_request);
        Add(_after);
        Add(_kind);
        Add(_workload);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var path = context.Arguments.GetValue(_policy)!;
        PolicyInput.RequireOneStandardInput(path, context.Arguments.GetValue(_request), context.Arguments.GetValue(_after));
        if (context.Arguments.GetValue(_request) is { } request)
        {
            return Task.FromResult(ExplainRequest(context, path, request));
        }

        var policies = ChosenPolicy.ReadAll(context, path, context.Arguments.GetValue(_workload));
        if (context.Console.Format is OutputFormat.Table)
        {
            for (var i = 0; i < policies.Count; i++)
            {
                if (policies.Count > 1)
                {
                    policies[i].WriteHeading(context.Console, isFirst: i == 0);
                }

                Write(context.Console, policies[i], path);
            }
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", Primitives.ApiVersion.V1);
                if (policies is [var one])
                {
                    Write(json, one);
                    return;
                }

                json.WriteStartArray("policies");
                foreach (var policy in policies)
                {
                    json.WriteStartObject();
                    Write(json, policy);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        return Task.FromResult(ExitCode.Success);
    }

    private static void Write(ConsoleOutput console, ChosenPolicy policy, string path)
    {
        var data = Readable(policy);
        if (!PolicyRules.AreCasemates(policy.Text))
        {
            Warn(console, policy.Workload is { } workload ? $"{path} --workload {workload}" : path);
        }

        foreach (var line in PolicyExplanation.Lines(data, Math.Min(Columns, console.Width)))
        {
            console.Out.WriteLine(ErrorText.Harmless(line));
        }
    }

    private static void Write(Utf8JsonWriter json, ChosenPolicy policy)
    {
        json.WriteString("origin", policy.Origin);
        json.WriteString("workload", policy.Workload);
        json.WriteString("rules", ComparedRules.Word(PolicyRules.AreCasemates(policy.Text)));
        json.WritePropertyName("policyData");
        json.WriteRawValue(PolicyDataText.Write(Readable(policy)));
    }

    // Data may still be there where the rules cannot be read; but no container starts under such a policy, so there is nothing to say of it.
    private static PolicyData Readable(ChosenPolicy policy)
    {
        _ = policy.Compile();
        return policy.ReadData();
    }

    private static void Warn(ConsoleOutput console, string path)
    {
        var head = console.Paint(Tone.Caution, "warning");
        console.Out.WriteLine($"{head}: the rules of this policy are not Casemate's own (or of another version).");
        console.Out.WriteLine("What follows describes its data only; the rules may allow more. To try them:");
        console.Out.WriteLine($"  casemate policy check --attack {ErrorText.OneLine(path)}");
        console.Out.WriteLine();
    }

    private int ExplainRequest(CommandContext context, string policyPath, string requestPath)
    {
        var policy = ChosenPolicy.ReadOne(context, policyPath, context.Arguments.GetValue(_workload)).Compile();
        var state = RegoState.Initial;
        if (context.Arguments.GetValue(_after) is { } earlier)
        {
            state = PolicyCases.Read(context, earlier, out _).Aggregate(state, (before, one) => policy.Decide(before, one.Recorded.Request).State);
        }

        var request = PolicyCases.ReadOne(context, requestPath, context.Arguments.GetValue(_kind));
        var decision = policy.Decide(state, request);
        var shown = ShownDecision.Of(policy, state, request, decision);
        if (context.Console.Format is OutputFormat.Table)
        {
            shown.Write(context.Console);
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", Primitives.ApiVersion.V1);
                shown.Write(json);
            });
        }

        return decision.Allowed ? ExitCode.Success : ExitCode.Refused;
    }
}
