using System.CommandLine;
using System.Text;
using Casemate.Admission;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Run;
using Casemate.Cli.Webhook;
using Casemate.KataPolicy.Manifests;
using Casemate.Primitives.Text;

namespace Casemate.Cli.Lint;

/// <summary><c>casemate lint</c>: what is wrong with manifests, models, scripts and guides, and what to write instead. Without a cluster.</summary>
internal sealed class LintCommand : CliCommand
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "Manifests in YAML or JSON, scripts, Markdown, or directories with such files; - for a manifest on standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _fix = new("--fix")
    {
        Description = "Mend what can be mended without a person, in the files; standard input is written to standard output.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "With --fix: change no file, print what would change.",
    };

    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "End with exit code 1 for warnings as well.",
    };

    private readonly Option<string[]> _nodes = new("--node")
    {
        Description = "A node of the cluster: a machine of 'casemate node machines', or a directory (a path with a slash). Pods that fit "
            + "on none are errors.",
        HelpName = "MACHINE|DIR",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _noHelper = new("--no-quote-helper")
    {
        Description = "The nodes have no quote helper: warn of pods that quote through it. Goes with --node.",
    };

    public LintCommand()
        : base(
            "lint",
            "Look for mistakes in manifests and guides: all that the webhook would say of their pods, and what guides for the first SGX "
                + "clusters got wrong. Exit code 0 no errors, 1 errors (with --strict warnings too), 3 a file cannot be read.",
            new CommandExample("Manifests", "casemate lint app.yaml deploy/"),
            new CommandExample("See what would be mended", "casemate lint --fix --dry-run app.yaml"),
            new CommandExample("For the nodes of a cluster", "casemate lint --node dc2s_v2 --strict deploy/"),
            new CommandExample("In a pipeline", "helm template app | casemate lint - -o json"))
    {
        Add(_files);
        foreach (var option in (Option[])[_fix, _dryRun, _strict, _nodes, _noHelper])
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var paths = context.Arguments.GetValue(_files)!;
        var (fixes, dry) = (context.Arguments.GetValue(_fix), context.Arguments.GetValue(_dryRun));
        var isPiped = fixes && !dry && paths.Contains("-");
        Require(context, paths, fixes, dry, isPiped);
        var cluster = ClusterOf(context);
        var files = new List<FixedFile>();
        foreach (var path in LintFiles.Find(paths))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var file = Read(context, path, cluster);
            var mended = fixes && file.Problem is null ? LintFixer.Fix(file, cluster) : new FixedFile(file, file, []);
            files.Add(mended.IsChanged && !dry && !isPiped ? Save(path, mended) : mended);
        }

        if (isPiped)
        {
            context.Console.Out.Write(files[0].Before.HasMark ? "\uFEFF" + files[0].After.Text : files[0].After.Text);
        }

        Report(context.Console, files, fixes, dry, isPiped);
        return Task.FromResult(CodeOf(files, context.Arguments.GetValue(_strict)));
    }

    private static void Require(CommandContext context, string[] paths, bool fixes, bool dry, bool isPiped)
    {
        if (dry && !fixes)
        {
            throw CliException.Usage("--dry-run goes with --fix", "Without --fix no file is changed.");
        }

        if (isPiped && (paths.Length > 1 || context.Console.Format is not OutputFormat.Table))
        {
            throw CliException.Usage(
                "--fix writes standard input, mended, to standard output: nothing else can go there", "Leave other files and -o out.");
        }
    }

    private ClusterFacts ClusterOf(CommandContext context)
    {
        var machines = context.Arguments.GetValue(_nodes) ?? [];
        var hasNoHelper = context.Arguments.GetValue(_noHelper);
        return hasNoHelper && machines.Length == 0
            ? throw CliException.Usage("--no-quote-helper goes with --node", "Name the nodes that have none: --node MACHINE.")
            : new ClusterFacts([.. machines.Select(machine => SampleNode.Of(machine) with { HasQuoteHelper = hasNoHelper ? false : null })]);
    }

    private static LintedFile Read(CommandContext context, string path, ClusterFacts cluster)
    {
        var name = path == "-" ? "stdin" : path;
        try
        {
            var content = InputFile.ReadOrStandardInput(context, null, path, ManifestLimits.MaxFileBytes);
            return LintedFile.Read(name, LintFiles.KindOf(path), content, cluster);
        }
        catch (CliException failure) when (failure.ExitCode == ExitCode.BadInput)
        {
            return LintedFile.Unreadable(name, failure.Message);
        }
    }

    // The file keeps who may read and write it; one that is a link is written where it leads. One that cannot be written is told, and the
    // others are mended all the same.
    private static FixedFile Save(string path, FixedFile file)
    {
        try
        {
            // Of a bare name, the target would be looked for from the root.
            var target = File.ResolveLinkTarget(Path.GetFullPath(path), returnFinalTarget: true)?.FullName ?? path;
            if (OperatingSystem.IsWindows())
            {
                OutputFile.Write("--fix", target, file.After.Content, OutputFile.Readable);
                return file;
            }

            // The directory's permission would be enough to put a new file in its place: who may not write this one is not to do that.
            var mode = File.GetUnixFileMode(target);
            if ((mode & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0)
            {
                throw new IOException($"its mode is {Convert.ToString((int)mode & 0xFFF, 8)}: nobody may write it (chmod u+w)");
            }

            using (File.Open(target, FileMode.Open, FileAccess.Write))
            {
            }

            var owned = PosixCalls.OwnershipOf(target);
            if (owned.User != PosixCalls.User && PosixCalls.User != 0)
            {
                throw new IOException($"it belongs to user {owned.User}, and would belong to this one: mend it with '--fix -' into another file");
            }

            if (owned.Links > 1)
            {
                throw new IOException(
                    $"it has {owned.Links} names (hard links), and the others would keep what is wrong: mend it with '--fix -' into another file");
            }

            OutputFile.Write("--fix", target, file.After.Content, mode);
            File.SetUnixFileMode(target, mode);                            // a new file has what the umask left of it
            PosixCalls.GiveTo(target, owned);
            return file;
        }
        catch (CliException failure) when (failure.ExitCode == ExitCode.BadInput)
        {
            return new FixedFile(file.Before, LintedFile.Unreadable(file.Before.Name, failure.Message), []);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new FixedFile(
                file.Before, LintedFile.Unreadable(file.Before.Name, $"'{path}' cannot be written: {failure.Message}"), []);
        }
    }

    private static void Report(ConsoleOutput console, List<FixedFile> files, bool fixes, bool dry, bool isPiped)
    {
        var diffs = files.Where(file => dry && file.IsChanged).DistinctBy(file => file.Before.Name)
            .ToDictionary(file => file.Before.Name, file => LineDiff.Of(file.Before.Name, file.Before.Text, file.After.Text));
        foreach (var problem in files.Select(file => file.After.Problem).OfType<string>())
        {
            console.Error.WriteLine($"{console.PaintError(Tone.Bad, "casemate:")} {ErrorText.OneLine(problem)}");
        }

        foreach (var file in files.Where(file => file.IsUnfinished))
        {
            console.Warn($"{file.After.Name} has more to mend than one run does: {file.Fixed.Count} are mended; run the same command again");
        }

        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json => LintReport.Write(json, files, diffs));
            return;
        }

        foreach (var diff in diffs.Values)
        {
            console.Out.Write(Shown(diff));
        }

        // Where the result itself is a text, what is said of it goes beside it.
        LintReport.Write(console, isPiped || dry ? console.Error : console.Out, files, fixes, dry);
        console.Note(LintReport.Summary(files, fixes, dry));
    }

    // Lines of a file, in a terminal: without the letters that it would obey.
    private static string Shown(string diff)
    {
        var shown = new StringBuilder(diff.Length);
        foreach (var letter in diff)
        {
            shown.Append(letter is '\n' or '\t' || !UnseenCharacter.Is(letter) ? letter : '?');
        }

        return shown.ToString();
    }

    private static int CodeOf(List<FixedFile> files, bool strict) =>
        files.Exists(file => file.After.Problem is not null) ? ExitCode.BadInput
            : files.Exists(file => file.IsUnfinished) || LintReport.Count(files, LintSeverity.Error) > 0
                || (strict && LintReport.Count(files, LintSeverity.Warning) > 0)
                ? ExitCode.Refused
                : ExitCode.Success;
}
