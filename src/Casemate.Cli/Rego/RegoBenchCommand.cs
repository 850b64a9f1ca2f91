using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego bench</c>.</summary>
internal sealed class RegoBenchCommand : CliCommand
{
    private readonly RegoQuestion _question = new();

    private readonly Option<int> _count = new("--count")
    {
        Description = "How often the query is asked and timed, 10 to 10000000, after a fifth of that untimed. Default: 5000.",
        HelpName = "COUNT",
        DefaultValueFactory = _ => 5000,
    };

    public RegoBenchCommand()
        : base(
            "bench",
            "Time a query: the policy is compiled and the documents are read once, then the query is asked again and again on one core. "
            + "Exit code 0 it was timed, 3 a file is malformed, the policy does not compile, or an evaluation ended with an error.",
            new CommandExample("A decision", "casemate rego bench data.shop.allow -d policy.rego -i request.json"),
            new CommandExample(
                "A Kata policy, for a script",
                "casemate rego bench data.agent_policy.CreateContainerRequest -d policy.rego -i request.json --v0 -o json"))
    {
        Add(_question.Query);
        foreach (var option in _question.OptionsAround(_count))
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var count = context.Arguments.GetValue(_count);
        if (count is < 10 or > 10_000_000)
        {
            throw CliException.Usage($"--count is {count}", "Use 10 to 10000000.");
        }

        var query = _question.Prepare(context, out var files, out var input, out var compiled);
        var evaluation = _question.Evaluation(context, cancellationToken) with { CollectPrints = false };
        var result = query.Evaluate(input, files.Data, evaluation);
        for (var i = 0; i < count / 5 && result.Error is null; i++)
        {
            result = query.Evaluate(input, files.Data, evaluation);
        }

        var times = new double[count];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count && result.Error is null; i++)
        {
            var at = Stopwatch.GetTimestamp();
            result = query.Evaluate(input, files.Data, evaluation);
            times[i] = Stopwatch.GetElapsedTime(at).TotalMilliseconds;
        }

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / count;
        cancellationToken.ThrowIfCancellationRequested();
        if (result.Error is { } error)
        {
            throw CliException.BadInput($"the evaluation ended with an error: {error}");
        }

        Array.Sort(times);
        Write(context.Console, times, compiled, bytes, result);
        return Task.FromResult(ExitCode.Success);
    }

    private static void Write(ConsoleOutput console, double[] times, TimeSpan compiled, long bytes, RegoResult result)
    {
        (string Name, string Field, double Value)[] rows =
        [
            ("fastest", "fastestMs", times[0]), ("p50", "p50Ms", times[times.Length / 2]), ("p90", "p90Ms", times[times.Length * 9L / 10]),
            ("p99", "p99Ms", times[times.Length * 99L / 100]), ("slowest", "slowestMs", times[^1]),
            ("mean", "meanMs", times.Average()), ("parse and compile, once", "compileMs", compiled.TotalMilliseconds),
        ];
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteNumber("count", times.Length);
                json.WriteBoolean("defined", result.IsDefined);
                foreach (var (_, field, value) in rows)
                {
                    json.WriteNumber(field, Math.Round(value, 6));
                }

                json.WriteNumber("allocatedBytes", bytes);
                json.WriteNumber("steps", result.Statistics.Steps);
            });
            return;
        }

        var table = new TextTable("PER EVALUATION", "");
        foreach (var (name, _, value) in rows)
        {
            table.Add(Tone.Plain, name, value.ToString("F4", CultureInfo.InvariantCulture) + " ms");
        }

        table.Add(Tone.Plain, "allocated", bytes.ToString(CultureInfo.InvariantCulture) + " bytes");
        table.Add(Tone.Plain, "steps", result.Statistics.Steps.ToString(CultureInfo.InvariantCulture));
        table.Write(console);
        console.Note($"{times.Length} evaluations; the result is {(result.IsDefined ? "defined" : "undefined")}");
    }
}
