using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;
using Casemate.Rego;
using Casemate.Rego.Conformance;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego conformance</c>.</summary>
internal sealed class RegoConformanceCommand : CliCommand
{
    private readonly RegoSettings _settings = new();
    private readonly Argument<string> _path = new("PATH")
    {
        Description = "A file with cases, .yaml or .json, or a folder with such files.",
    };

    public RegoConformanceCommand()
        : base(
            "conformance", "Run cases in the format that Rego engines share (v1/test/cases of Open Policy Agent) and report by category. A "
            + "folder named v0 holds cases of the older dialect. Exit code 0 all hold, 1 some do not, 3 a file is malformed.",
            new CommandExample("The cases of a checkout", "casemate rego conformance opa/v1/test/cases/testdata"),
            new CommandExample("For a script", "casemate rego conformance cases/ -o json"))
    {
        Add(_path);
        foreach (var option in (Option[])[.. _settings.Dialect, .. _settings.Limits])
        {
            Add(option);
        }
    }

    private sealed record Category(string Name)
    {
        public int Cases { get; set; }

        public List<string> Failures { get; } = [];
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var path = context.Arguments.GetValue(_path)!;
        var evaluation = _settings.Evaluation(context, cancellationToken);
        var categories = new SortedDictionary<string, Category>(StringComparer.Ordinal);
        foreach (var file in RegoFiles.FilesOf(path).Where(file => file == path || Path.GetExtension(file) is ".yaml" or ".yml" or ".json"))
        {
            if (!RegoConformanceCase.TryRead(RegoFiles.Text(null, file), out var cases, out var error))
            {
                throw CliException.BadInput($"'{file}' is not a file of cases: {error}");
            }

            var older = _settings.Version(context) is RegoVersion.V0
                || file.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar).Contains("v0");
            foreach (var each in cases)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // A name without a category belongs to that of its folder.
                var name = each.Note.Contains('/', StringComparison.Ordinal) ? each.Category
                    : Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file))) ?? each.Category;
                if (!categories.TryGetValue(name, out var category))
                {
                    categories.Add(name, category = new Category(name));
                }

                category.Cases++;
                if (each.Run(older ? RegoVersion.V0 : RegoVersion.V1, evaluation with { Seed = 1 }) is { } problem)
                {
                    category.Failures.Add($"{each.Note}: {problem}");
                }
            }
        }

        if (categories.Count == 0)
        {
            throw CliException.BadInput($"'{path}' holds no cases", "Files with cases end in .yaml, .yml or .json.");
        }

        if (context.Console.Format is OutputFormat.Table)
        {
            Write(context.Console, [.. categories.Values]);
        }
        else
        {
            context.Console.WriteDocument(json => Write(json, [.. categories.Values]));
        }

        return Task.FromResult(categories.Values.All(category => category.Failures.Count == 0) ? ExitCode.Success : ExitCode.Refused);
    }

    private static void Write(ConsoleOutput console, List<Category> categories)
    {
        var table = new TextTable("CATEGORY", "CASES", "PASSED", "FAILED");
        foreach (var category in categories)
        {
            table.Add(category.Failures.Count == 0 ? Tone.Good : Tone.Bad, Row(category.Name, category.Cases, category.Failures.Count));
        }

        var (cases, failures) = (categories.Sum(category => category.Cases), categories.Sum(category => category.Failures.Count));
        table.Add(Tone.Strong, Row("all", cases, failures)).Write(console);
        foreach (var failure in categories.SelectMany(category => category.Failures))
        {
            console.Out.WriteLine($"failed: {failure}");
        }
    }

    private static string[] Row(string name, int cases, int failures) =>
        [name, .. new[] { cases, cases - failures, failures }.Select(number => number.ToString(CultureInfo.InvariantCulture))];

    private static void Write(Utf8JsonWriter json, List<Category> categories)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteStartArray("categories");
        foreach (var category in categories)
        {
            json.WriteStartObject();
            json.WriteString("category", category.Name);
            json.WriteNumber("cases", category.Cases);
            json.WriteStartArray("failures");
            foreach (var failure in category.Failures)
            {
                json.WriteStringValue(failure);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
