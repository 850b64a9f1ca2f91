using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego check</c>.</summary>
internal sealed class RegoCheckCommand : CliCommand
{
    private readonly RegoSettings _settings = new();
    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Modules, or folders with modules; all of them are compiled together.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "End with exit code 1 when there are warnings, too.",
    };

    public RegoCheckCommand()
        : base(
            "check",
            "Compile modules together and list every error with file, line and column, and warnings: forms that OPA 1.0 refuses, imports and "
            + "variables that nothing reads, patterns that cannot be meant. Exit code 0 there is no error, 1 there are some, or with --strict "
            + "warnings, 3 a file cannot be read.",
            new CommandExample("A folder", "casemate rego check policies/"),
            new CommandExample("A Kata policy", "casemate rego check policy.rego --v0"),
            new CommandExample("For an editor", "casemate rego check policies/ -o json"))
    {
        Add(_paths);
        foreach (var option in (Option[])[_strict, .. _settings.Dialect])
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var files = RegoFiles.Read(null, context.Arguments.GetValue(_paths)!, withData: false);
        if (files.Modules.Count == 0)
        {
            throw CliException.BadInput("there is no file that ends in .rego");
        }

        var start = Stopwatch.GetTimestamp();
        var options = new RegoCompileOptions { Version = _settings.Version(context) };
        var compilation = RegoCompiler.Compile(files.Modules, options);
        context.Console.Detail($"parsed and compiled in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} ms");
        var warnings = RegoLinter.Find(files.Modules, options);
        if (context.Console.Format is OutputFormat.Table)
        {
            foreach (var error in compilation.Errors)
            {
                context.Console.Out.WriteLine(error.ToString());
            }

            foreach (var warning in warnings)
            {
                context.Console.Out.WriteLine($"{warning.Location}: warning: {warning.Message} ({warning.Code})");
            }

            context.Console.Note(
                $"{RegoSettings.Count(files.Modules.Count, "module")}, {RegoSettings.Count(compilation.Errors.Count, "error")}, "
                + RegoSettings.Count(warnings.Count, "warning"));
        }
        else
        {
            context.Console.WriteDocument(json => Write(json, files, compilation, warnings));
        }

        var refused = !compilation.Succeeded || (warnings.Count > 0 && context.Arguments.GetValue(_strict));
        return Task.FromResult(refused ? ExitCode.Refused : ExitCode.Success);
    }

    private static void Write(Utf8JsonWriter json, RegoFiles files, RegoCompilation compilation, IReadOnlyList<RegoWarning> warnings)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteNumber("modules", files.Modules.Count);
        json.WriteStartArray("errors");
        foreach (var error in compilation.Errors)
        {
            Write(json, error.Location, error.Code.ToText(), error.Message);
        }

        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (var warning in warnings)
        {
            Write(json, warning.Location, warning.Code.ToString(), warning.Message);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, RegoLocation? location, string code, string message)
    {
        json.WriteStartObject();
        if (location is { } at)
        {
            json.WriteString("file", at.File);
            json.WriteNumber("line", at.Line);
            json.WriteNumber("column", at.Column);
        }

        json.WriteString("code", code);
        json.WriteString("message", message);
        json.WriteEndObject();
    }
}
