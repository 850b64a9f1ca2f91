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

    public RegoCheckCommand()
        : base(
            "check", "Compile modules together and list every error with file, line and column. Exit code 0 there is none, 1 there are some, "
            + "3 a file cannot be read.",
            new CommandExample("A folder", "casemate rego check policies/"),
            new CommandExample("A Kata policy", "casemate rego check policy.rego --v0"),
            new CommandExample("For an editor", "casemate rego check policies/ -o json"))
    {
        Add(_paths);
        foreach (var option in _settings.Dialect)
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
        var compilation = RegoCompiler.Compile(files.Modules, new RegoCompileOptions { Version = _settings.Version(context) });
        context.Console.Detail($"parsed and compiled in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} ms");
        if (context.Console.Format is OutputFormat.Table)
        {
            foreach (var error in compilation.Errors)
            {
                context.Console.Out.WriteLine(error.ToString());
            }

            context.Console.Note(
                $"{RegoSettings.Count(files.Modules.Count, "module")}, {RegoSettings.Count(compilation.Errors.Count, "error")}");
        }
        else
        {
            context.Console.WriteDocument(json => Write(json, files, compilation));
        }

        return Task.FromResult(compilation.Succeeded ? ExitCode.Success : ExitCode.Refused);
    }

    private static void Write(Utf8JsonWriter json, RegoFiles files, RegoCompilation compilation)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteNumber("modules", files.Modules.Count);
        json.WriteStartArray("errors");
        foreach (var error in compilation.Errors)
        {
            json.WriteStartObject();
            if (error.Location is { } at)
            {
                json.WriteString("file", at.File);
                json.WriteNumber("line", at.Line);
                json.WriteNumber("column", at.Column);
            }

            json.WriteString("code", error.Code.ToText());
            json.WriteString("message", error.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
