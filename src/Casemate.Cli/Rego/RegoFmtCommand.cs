using System.CommandLine;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives.Text;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego fmt</c>.</summary>
internal sealed class RegoFmtCommand : CliCommand
{
    private const long MostBytes = 64 * 1024 * 1024;

    private readonly RegoSettings _settings = new();
    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Modules, or folders with modules; - for one module on standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _check = new("--check")
    {
        Description = "List the modules that are laid out in another way, and end with exit code 1 when there are any.",
    };

    private readonly Option<bool> _diff = new("--diff")
    {
        Description = "Show what would change, line by line.",
    };

    private readonly Option<bool> _write = new("--write", "-w")
    {
        Description = "Write modules back to their files.",
    };

    public RegoFmtCommand()
        : base(
            "fmt",
            "Lay out modules in one style: spaces, indentation and blank lines; nothing else changes, and comments stay. Without an option "
            + "the one module named goes to standard output. Exit code 0 done, 1 with --check when a module is laid out in another way, "
            + "3 a file is no module or cannot be written.",
            new CommandExample("One module, to look at", "casemate rego fmt policy.rego"),
            new CommandExample("A folder, in place", "casemate rego fmt --write policies/"),
            new CommandExample("In CI", "casemate rego fmt --check --diff policies/"))
    {
        Add(_paths);
        foreach (var option in (Option[])[_check, _diff, _write, .. _settings.Dialect])
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var paths = context.Arguments.GetValue(_paths)!;
        var (check, diff, write) = (
            context.Arguments.GetValue(_check), context.Arguments.GetValue(_diff), context.Arguments.GetValue(_write));
        if (write && (check || paths.Contains("-")))
        {
            throw CliException.Usage("--write goes neither with --check nor with standard input", "Leave one of them out.");
        }

        var modules = Modules(context, paths);
        if (!check && !diff && !write && modules.Count != 1)
        {
            throw CliException.Usage($"{modules.Count} modules are named", "Add --write, --check or --diff, or name one module.");
        }

        // All of them are read before the first is written: a file that is no module leaves every other as it was.
        var options = new RegoCompileOptions { Version = _settings.Version(context) };
        List<(RegoSource Source, string Text)> formatted = [.. modules.Select(source => (source, Format(source, options)))];
        if (!check && !diff && !write)
        {
            context.Console.Out.Write(formatted[0].Text);
            return Task.FromResult(ExitCode.Success);
        }

        var others = formatted.Where(module => module.Text != module.Source.Text).ToList();
        foreach (var (source, text) in others)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (diff)
            {
                context.Console.Out.Write(LineDiff.Of(source.File, source.Text, text));
            }
            else if (check)
            {
                context.Console.Out.WriteLine(source.File);
            }

            if (write)
            {
                Write(source.File, text);
            }
        }

        context.Console.Note(
            $"{RegoSettings.Count(modules.Count, "module")}, {others.Count} {(write ? "written" : "laid out in another way")}");
        return Task.FromResult(check && others.Count > 0 ? ExitCode.Refused : ExitCode.Success);
    }

    private static IReadOnlyList<RegoSource> Modules(CommandContext context, string[] paths)
    {
        var modules = new List<RegoSource>();
        if (paths.Contains("-"))
        {
            var bytes = InputFile.ReadOrStandardInput(context, null, "-", MostBytes);
            try
            {
                modules.Add(new RegoSource("-", StrictUtf8.GetString(bytes)));
            }
            catch (DecoderFallbackException failure)
            {
                throw CliException.BadInput("standard input is not UTF-8 text", cause: failure);
            }
        }

        modules.AddRange(RegoFiles.Read(null, paths.Where(path => path != "-"), withData: false).Modules);
        return modules.Count > 0 ? modules : throw CliException.BadInput("there is no file that ends in .rego");
    }

    private static string Format(RegoSource source, RegoCompileOptions options) =>
        RegoFormatter.TryFormat(source, out var text, out var error, options) ? text
            : throw CliException.BadInput($"not laid out: {error}", "Modules of the older dialect need --v0.");

    // The file keeps who may read and write it; one that is a link is written where it leads.
    private static void Write(string path, string text)
    {
        try
        {
            path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            var mode = OperatingSystem.IsWindows() ? OutputFile.Readable : File.GetUnixFileMode(path);
            OutputFile.Write("--write", path, Encoding.UTF8.GetBytes(text), mode);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"'{path}' cannot be written: {failure.Message}", cause: failure);
        }
    }
}
