using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego test</c>.</summary>
internal sealed class RegoTestCommand : CliCommand
{
    // A test replaces what reaches outside; unreplaced it is undefined.
    private static readonly RegoFunction[] s_outside = [new("http.send", 1, _ => null), new("net.lookup_ip_addr", 1, _ => null)];

    private readonly RegoSettings _settings = new();
    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Modules, base documents, or folders with both.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _only = new("--run")
    {
        Description = "Only tests whose path holds this text.",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _coverage = new("--coverage")
    {
        Description = "List the lines with literals that no test reached.",
    };

    private readonly Option<double?> _threshold = new("--threshold")
    {
        Description = "End with exit code 1 when fewer literals than this were reached, in percent. Default: none.",
        HelpName = "PERCENT",
    };

    public RegoTestCommand()
        : base(
            "test",
            "Run the tests of a policy: rules named test_*, which pass when they are true; todo_test_* are passed over. Exit code 0 "
            + "all pass, 1 some do not, 3 a file is malformed or the policy does not compile.",
            new CommandExample("All tests of a folder", "casemate rego test policies/"),
            new CommandExample("What they leave out", "casemate rego test policies/ --coverage"),
            new CommandExample("In CI", "casemate rego test policies/ --threshold 80 -o json"))
    {
        Add(_paths);
        foreach (var option in (Option[])[_only, _coverage, _threshold, .. _settings.Dialect, .. _settings.Limits])
        {
            Add(option);
        }
    }

    private sealed record Outcome(string Test, string Verdict, string Why, TimeSpan Elapsed);

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var threshold = context.Arguments.GetValue(_threshold);
        if (threshold is not (null or (>= 0 and <= 100)))
        {
            throw CliException.Usage("--threshold is a share in percent", "Use a number from 0 to 100.");
        }

        var files = RegoFiles.Read(null, context.Arguments.GetValue(_paths)!);
        var policy = RegoSettings.Compile(files, new RegoCompileOptions { Version = _settings.Version(context), Functions = s_outside });
        var measured = context.Arguments.GetValue(_coverage) || threshold is not null;
        var coverage = measured ? new RegoCoverage(policy) : null;
        var evaluation = _settings.Evaluation(context, cancellationToken) with { Coverage = coverage };
        var outcomes = new List<Outcome>();
        var only = context.Arguments.GetValue(_only) ?? "";
        foreach (var test in policy.Rules.Where(rule => IsTest(rule) && rule.Contains(only, StringComparison.Ordinal)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            outcomes.Add(Run(context.Console, policy, test, files.Data, evaluation));
        }

        if (outcomes.Count == 0)
        {
            throw CliException.BadInput("there are no tests", "A test is a rule whose name begins with test_.");
        }

        var enough = threshold is null || coverage!.Share * 100 >= threshold;
        if (context.Console.Format is OutputFormat.Table)
        {
            Write(context.Console, outcomes, coverage);
        }
        else
        {
            context.Console.WriteDocument(json => Write(json, outcomes, coverage));
        }

        if (!enough)
        {
            context.Console.Warn($"{Percent(coverage!)} of the literals were reached, --threshold asks for {threshold}%");
        }

        return Task.FromResult(enough && outcomes.All(outcome => outcome.Verdict is "pass" or "skip") ? ExitCode.Success : ExitCode.Refused);
    }

    private static bool IsTest(string rule)
    {
        var name = rule[(rule.LastIndexOf('.') + 1)..];
        return name.StartsWith("test_", StringComparison.Ordinal) || name.StartsWith("todo_test_", StringComparison.Ordinal);
    }

    private static Outcome Run(ConsoleOutput console, CompiledPolicy policy, string test, RegoObject data, RegoEvaluation evaluation)
    {
        if (test[(test.LastIndexOf('.') + 1)..].StartsWith("todo_", StringComparison.Ordinal))
        {
            return new Outcome(test, "skip", "", TimeSpan.Zero);
        }

        if (policy.TryPrepare(test, out var refused) is not { } query)
        {
            return new Outcome(test, "error", refused!.ToString(), TimeSpan.Zero);
        }

        var result = query.Evaluate(null, data, evaluation);
        foreach (var line in result.Prints)
        {
            console.Note($"{test}: print: {line}");
        }

        if (result.Error is { } error)
        {
            return new Outcome(test, "error", error.ToString(), result.Statistics.Elapsed);
        }

        if (result.IsTrue)
        {
            return new Outcome(test, "pass", "", result.Statistics.Elapsed);
        }

        var why = query.Explain(null, data, evaluation with { Coverage = null }, out _).Select(each => each.ToLine()).FirstOrDefault()
            ?? $"{test} is {result.Value?.ToString() ?? "undefined"}";
        return new Outcome(test, "fail", why, result.Statistics.Elapsed);
    }

    private static void Write(ConsoleOutput console, List<Outcome> outcomes, RegoCoverage? coverage)
    {
        foreach (var outcome in outcomes)
        {
            var tone = outcome.Verdict switch { "pass" => Tone.Good, "skip" => Tone.Caution, _ => Tone.Bad };
            var milliseconds = outcome.Elapsed.TotalMilliseconds.ToString("F3", CultureInfo.InvariantCulture);
            console.Out.WriteLine($"{console.Paint(tone, outcome.Verdict.ToUpperInvariant().PadRight(5))} {outcome.Test} ({milliseconds} ms)");
            if (outcome.Why.Length > 0)
            {
                console.Out.WriteLine($"      {outcome.Why}");
            }
        }

        console.Out.WriteLine($"{RegoSettings.Count(outcomes.Count, "test")}: " + string.Join(
            ", ", outcomes.CountBy(outcome => outcome.Verdict).OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => $"{pair.Value} {pair.Key}")));
        if (coverage is null)
        {
            return;
        }

        console.Out.WriteLine($"coverage: {coverage.Reached} of {coverage.Total} literals, {Percent(coverage)}");
        foreach (var file in coverage.NotReached.GroupBy(at => at.File))
        {
            console.Out.WriteLine($"  {file.Key}: not reached: line {string.Join(", ", file.Select(at => at.Line).Distinct())}");
        }
    }

    private static string Percent(RegoCoverage coverage) => (coverage.Share * 100).ToString("F1", CultureInfo.InvariantCulture) + "%";

    private static void Write(Utf8JsonWriter json, List<Outcome> outcomes, RegoCoverage? coverage)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteStartArray("tests");
        foreach (var outcome in outcomes)
        {
            json.WriteStartObject();
            json.WriteString("test", outcome.Test);
            json.WriteString("outcome", outcome.Verdict);
            if (outcome.Why.Length > 0)
            {
                json.WriteString("why", outcome.Why);
            }

            json.WriteNumber("milliseconds", Math.Round(outcome.Elapsed.TotalMilliseconds, 3));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (coverage is null)
        {
            return;
        }

        json.WriteStartObject("coverage");
        json.WriteNumber("literals", coverage.Total);
        json.WriteNumber("reached", coverage.Reached);
        json.WriteStartArray("notReached");
        foreach (var at in coverage.NotReached)
        {
            json.WriteStringValue(at.ToString());
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
