using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego eval</c>.</summary>
internal sealed class RegoEvalCommand : CliCommand
{
    private readonly RegoQuestion _question = new();

    private readonly Option<bool> _explain = new("--explain")
    {
        Description = "Show, for each rule that the query asks for, what was tried and where it failed.",
    };

    private readonly Option<bool> _strict = new("--strict-errors")
    {
        Description = "An error of a built-in function ends the evaluation. Default: the call is undefined.",
    };

    private readonly Option<bool> _fail = new("--fail")
    {
        Description = "End with exit code 1 where the result is undefined or false.",
    };

    public RegoEvalCommand()
        : base(
            "eval",
            "Evaluate a query. Exit code 0 it was answered, 1 with --fail when the answer is undefined or false, 3 a file is malformed, "
            + "the policy does not compile, or the evaluation ended with an error or at a limit.",
            new CommandExample("A decision", "casemate rego eval data.shop.allow -d policy.rego -i request.json --fail"),
            new CommandExample("Why not", "casemate rego eval data.shop.allow -d policy.rego -i request.json --explain"),
            new CommandExample(
                "A Kata policy", "casemate rego eval data.agent_policy.CreateContainerRequest -d policy.rego -i request.json --v0"))
    {
        Add(_question.Query);
        foreach (var option in _question.OptionsAround(_explain, _strict, _fail))
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var query = _question.Prepare(context, out var files, out var input, out _);
        var evaluation = _question.Evaluation(context, cancellationToken) with
        {
            StrictBuiltinErrors = context.Arguments.GetValue(_strict),
        };
        IReadOnlyList<RegoExplanation> explanations = [];
        var result = context.Arguments.GetValue(_explain)
            ? Explain(query, input, files.Data, evaluation, out explanations)
            : query.Evaluate(input, files.Data, evaluation);
        foreach (var line in result.Prints)
        {
            context.Console.Note($"print: {line}");
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (result.Error is { } error)
        {
            throw CliException.BadInput($"the evaluation ended with an error: {error}");
        }

        Write(context.Console, query, result, explanations);
        var yes = result.IsDefined && !result.Bindings.Any(_ => result.Value is RegoBoolean { Value: false });
        return Task.FromResult(context.Arguments.GetValue(_fail) && !yes ? ExitCode.Refused : ExitCode.Success);
    }

    private static RegoResult Explain(
        PreparedQuery query, RegoValue? input, RegoObject data, RegoEvaluation evaluation, out IReadOnlyList<RegoExplanation> explanations)
    {
        explanations = query.Explain(input, data, evaluation, out var result);
        return result;
    }

    private static void Write(
        ConsoleOutput console, PreparedQuery query, RegoResult result, IReadOnlyList<RegoExplanation> explanations)
    {
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json => Write(json, query, result, explanations));
            return;
        }

        if (!result.IsDefined)
        {
            console.Out.WriteLine(console.Paint(Tone.Caution, "undefined"));
        }
        else if (result.Bindings[0].Count == 0)
        {
            console.Out.WriteLine(Indented(result.Value ?? RegoValue.True));
        }
        else
        {
            var names = result.Bindings[0].Select(binding => ((RegoString)binding.Key).Value).ToArray();
            var table = new TextTable(names);
            foreach (var row in result.Bindings)
            {
                table.Add(Tone.Plain, [.. names.Select(name => row[name]!.ToString())]);
            }

            table.Write(console);
        }

        foreach (var explanation in explanations)
        {
            console.Out.Write($"\n{explanation}");
        }
    }

    private static string Indented(RegoValue value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(
            buffer,
            new JsonWriterOptions
            {
                Indented = true,
                NewLine = "\n",
                MaxDepth = 2048,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }))
        {
            value.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Write(
        Utf8JsonWriter json, PreparedQuery query, RegoResult result, IReadOnlyList<RegoExplanation> explanations)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("query", query.Text);
        json.WriteBoolean("defined", result.IsDefined);
        if (result.Value is { } value)
        {
            json.WritePropertyName("value");
            value.WriteTo(json);
        }

        json.WriteStartArray("bindings");
        foreach (var row in result.Bindings)
        {
            row.WriteTo(json);
        }

        json.WriteEndArray();
        json.WriteStartArray("prints");
        foreach (var line in result.Prints)
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
        json.WriteNumber("steps", result.Statistics.Steps);
        if (explanations.Count > 0)
        {
            json.WriteStartArray("explanations");
            foreach (var explanation in explanations)
            {
                Write(json, explanation, 0);
            }

            json.WriteEndArray();
        }
    }

    private static void Write(Utf8JsonWriter json, RegoExplanation explanation, int depth)
    {
        json.WriteStartObject();
        json.WriteString("rule", explanation.Rule);
        json.WriteString("line", explanation.ToLine());
        json.WriteStartArray("attempts");
        foreach (var attempt in explanation.Attempts)
        {
            json.WriteStartObject();
            json.WriteString("at", attempt.Location.ToString());
            json.WriteBoolean("succeeded", attempt.FailedLiteral is null);
            if (attempt.FailedLiteral is not null)
            {
                json.WriteString("failedLiteral", attempt.FailedLiteral);
                json.WriteNumber("satisfied", attempt.Satisfied);
                json.WriteNumber("literals", attempt.Total);
                json.WriteStartObject("values");
                foreach (var (name, value) in attempt.Values.DistinctBy(pair => pair.Key))
                {
                    json.WritePropertyName(name);
                    (value ?? RegoValue.Null).WriteTo(json);
                }

                json.WriteEndObject();
            }

            json.WriteStartArray("causes");
            foreach (var cause in attempt.Causes.Where(_ => depth < 32))
            {
                Write(json, cause, depth + 1);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
