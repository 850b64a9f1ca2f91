using System.CommandLine;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.KataPolicy;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy check</c>.</summary>
internal sealed class PolicyCheckCommand : CliCommand
{
    private const int ShownFindings = 20;

    private readonly Argument<string> _policy = new("POLICY") { Description = $"The policy: {PolicyInput.Forms}." };

    private readonly Option<bool> _attack = new("--attack")
    {
        Description = "Try the policy: requests of an honest host must be allowed, and every change of one field of them, and known "
            + "attacks, denied.",
    };

    private readonly Option<bool> _free = new("--free")
    {
        Description = "List what a host may change by design, with reasons, and nothing else.",
    };

    private readonly Option<string?> _workload = ChosenPolicy.Option(isNeeded: false);

    public PolicyCheckCommand()
        : base(
            "check", "Look whether agents can read a policy, which built-in functions it uses, whether it decides on every request; with "
            + "--attack, whether it holds. Exit code 0 it does, 1 it does not, 3 the policy cannot be read.",
            new CommandExample("Before a deployment", "casemate policy check app.yaml --attack"),
            new CommandExample("What stays the host's to decide", "casemate policy check app.yaml --free"))
    {
        Add(_policy);
        Add(_attack);
        Add(_free);
        Add(_workload);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var console = context.Console;
        if (context.Arguments.GetValue(_free))
        {
            WriteFree(console);
            return Task.FromResult(ExitCode.Success);
        }

        var checks = ChosenPolicy.ReadAll(context, context.Arguments.GetValue(_policy)!, context.Arguments.GetValue(_workload))
            .Select(policy => Checked(policy, context.Arguments.GetValue(_attack), cancellationToken)).ToList();
        if (console.Format is OutputFormat.Table)
        {
            for (var i = 0; i < checks.Count; i++)
            {
                if (checks.Count > 1)
                {
                    checks[i].Policy.WriteHeading(console, isFirst: i == 0);
                }

                Write(console, checks[i].Check, checks[i].Report);
            }
        }
        else
        {
            console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", Primitives.ApiVersion.V1);
                if (checks is [var one])
                {
                    Write(json, one.Policy, one.Check, one.Report);
                    return;
                }

                json.WriteStartArray("policies");
                foreach (var (policy, check, report) in checks)
                {
                    json.WriteStartObject();
                    Write(json, policy, check, report);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        return Task.FromResult(checks.TrueForAll(one => Holds(one.Check, one.Report)) ? ExitCode.Success : ExitCode.Refused);
    }

    private static bool Holds(PolicyCheckResult check, AttackReport? report) => check.Problems.Count == 0 && report?.Holds != false;

    private static (ChosenPolicy Policy, PolicyCheckResult Check, AttackReport? Report) Checked(
        ChosenPolicy policy, bool attack, CancellationToken cancellationToken)
    {
        var check = PolicyCheck.Of(policy.Text);
        if (!attack)
        {
            return (policy, check, null);
        }

        if (check.Policy is null || check.Data is null || PolicyDataProblems.Find(check.Data).Count > 0)
        {
            throw CliException.BadInput(
                $"the policy in '{policy.Origin}' cannot be attacked: honest requests follow from the data of a policy that Casemate made",
                "Run 'casemate policy check' without --attack for what is wrong with it.");
        }

        return (policy, check, AttackLibrary.Try(check.Policy, check.Data, cancellationToken));
    }

    private static void Write(ConsoleOutput console, PolicyCheckResult check, AttackReport? report)
    {
        console.Out.WriteLine($"sha256    {check.Sha256}");
        console.Out.WriteLine($"size      {check.Bytes} bytes, {check.CompressedBytes} after gzip; {Plural.Of(check.Lines, "line")}, the longest of {check.LongestLine}");
        foreach (var problem in check.Problems)
        {
            console.Out.WriteLine($"{console.Paint(Tone.Bad, "problem")}   {ErrorText.OneLine(problem)}");
        }

        foreach (var warning in check.Warnings)
        {
            console.Out.WriteLine($"{console.Paint(Tone.Caution, "warning")}   {ErrorText.OneLine(warning)}");
        }

        if (report is not null)
        {
            console.Out.WriteLine(
                $"honest    {Plural.Of(report.Honest, "request")} allowed");
            console.Out.WriteLine($"attacks   {report.Tried} tried, {report.Denied} denied, {report.Free} free by design (--free lists them)");
            foreach (var finding in report.Findings.Take(ShownFindings))
            {
                var where = string.Join(' ', new[] { finding.Kind, finding.Container, finding.Path }.Where(part => part.Length > 0));
                console.Out.WriteLine(
                    $"{console.Paint(Tone.Bad, "finding")}   {ErrorText.OneLine($"{finding.Attack}: {where}: {finding.Detail}")}");
            }

            if (report.Findings.Count > ShownFindings)
            {
                console.Out.WriteLine($"          and {report.Findings.Count - ShownFindings} more (-o json lists them)");
            }
        }

        console.Out.WriteLine(Holds(check, report)
            ? console.Paint(Tone.Good, report is null ? "well-formed" : "well-formed, and it holds")
            : console.Paint(Tone.Bad, check.Problems.Count > 0 ? "not well-formed" : "it does not hold"));
    }

    private static void Write(Utf8JsonWriter json, ChosenPolicy policy, PolicyCheckResult check, AttackReport? report)
    {
        json.WriteString("origin", policy.Origin);
        json.WriteString("workload", policy.Workload);
        json.WriteString("sha256", check.Sha256);
        json.WriteNumber("bytes", check.Bytes);
        json.WriteNumber("compressedBytes", check.CompressedBytes);
        json.WriteNumber("lines", check.Lines);
        json.WriteNumber("longestLine", check.LongestLine);
        Strings("problems", check.Problems);
        Strings("warnings", check.Warnings);
        if (report is null)
        {
            return;
        }

        json.WriteStartObject("attack");
        json.WriteBoolean("holds", report.Holds);
        json.WriteNumber("honest", report.Honest);
        json.WriteNumber("tried", report.Tried);
        json.WriteNumber("denied", report.Denied);
        json.WriteNumber("free", report.Free);
        json.WriteStartArray("findings");
        foreach (var finding in report.Findings)
        {
            json.WriteStartObject();
            json.WriteString("attack", finding.Attack);
            json.WriteString("kind", finding.Kind);
            json.WriteString("container", finding.Container);
            json.WriteString("path", finding.Path);
            json.WriteString("detail", finding.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Strings(string name, IReadOnlyList<string> items)
        {
            json.WriteStartArray(name);
            foreach (var item in items)
            {
                json.WriteStringValue(item);
            }

            json.WriteEndArray();
        }
    }

    // Reasons are sentences: beside four other columns they would stand one word below the other.
    private static void WriteFree(ConsoleOutput console, FreeField field)
    {
        const string indent = "      ";
        console.Out.WriteLine($"  {field.Path}  {console.Paint(Tone.Caution, field.Changes.Replace(",", ", ", StringComparison.Ordinal))}");
        foreach (var paragraph in (string[])(field.When.Length == 0 ? [field.Reason] : [field.Reason, $"when: {field.When}"]))
        {
            foreach (var line in TextWrap.Lines(paragraph, Math.Max(20, console.Width - indent.Length)))
            {
                console.Out.WriteLine(indent + line);
            }
        }
    }

    private static void WriteFree(ConsoleOutput console)
    {
        if (console.Format is OutputFormat.Table)
        {
            foreach (var request in FreeFields.Table.GroupBy(field => field.Kind))
            {
                console.Out.WriteLine(console.Paint(Tone.Strong, request.Key));
                foreach (var field in request)
                {
                    WriteFree(console, field);
                }
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", Primitives.ApiVersion.V1);
            json.WriteStartArray("free");
            foreach (var field in FreeFields.Table)
            {
                json.WriteStartObject();
                json.WriteString("kind", field.Kind);
                json.WriteString("path", field.Path);
                json.WriteString("changes", field.Changes);
                json.WriteString("reason", field.Reason);
                json.WriteString("when", field.When);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
