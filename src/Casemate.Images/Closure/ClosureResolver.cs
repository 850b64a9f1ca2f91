using System.Collections.Immutable;
using System.Text;
using Casemate.Images.Packages;
using Casemate.Images.Roots;
using Casemate.Measurement.Elf;
using Casemate.Oci;

namespace Casemate.Images.Closure;

/// <summary>
/// Finds the files that programs need to run, as their dynamic loaders find them, inside a root, with the reason for each. Nothing is
/// executed, and nothing of the machine that does this enters the answer. Pure but for reading the root; one call, one answer.
/// </summary>
public sealed class ClosureResolver
{
    private const int MaxScriptDepth = 4;                                  // As in the kernel.
    private const int MaxScriptLine = 256;
    private const string DefaultInterpreter = "/lib64/ld-linux-x86-64.so.2";
    private const string DefaultMuslInterpreter = "/lib/ld-musl-x86_64.so.1";

    private readonly ClosureWork _work;
    private readonly List<LoaderProcess> _processes = [];
    private readonly List<ClosureProcess> _static = [];

    private ClosureResolver(ClosureWork work) => _work = work;

    /// <summary>Finds the closure of some programs.</summary>
    /// <param name="root">Where they are.</param>
    /// <param name="options">Which they are, and how they will be started.</param>
    /// <returns>Files, processes and findings; ask <see cref="ClosureResult.IsComplete"/> before you use it.</returns>
    /// <exception cref="OciException">
    /// <see cref="OciError.Storage"/>: the root cannot be read; <see cref="OciError.LimitExceeded"/>: a file, or their number, is beyond a limit.
    /// </exception>
    public static ClosureResult Resolve(IRootFileSystem root, ClosureOptions options)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(options);
        return new ClosureResolver(new ClosureWork(root, options)).Resolve();
    }

    private ClosureResult Resolve()
    {
        if (_work.Sources.CacheIsMalformed)
        {
            _work.Report(
                ClosureFindingKind.LoaderCacheUnreadable, ClosureSeverity.Warning, LoaderSources.CachePath,
                $"{LoaderSources.CachePath} is malformed or of an unknown format; /etc/ld.so.conf is used in its place");
        }

        foreach (var program in _work.Options.Programs)
        {
            AddProgram(program, new ClosureReason(ClosureReasonKind.Program, null, "asked for"), ClosureFindingKind.ProgramMissing, 0);
        }

        foreach (var pattern in _work.Options.Include)
        {
            AddIncluded(pattern);
        }

        foreach (var process in _processes)
        {
            RuntimeParts.Open(process, _work);
        }

        RuntimeParts.CheckMode(_work);
        var imports = new HashSet<string>(StringComparer.Ordinal);
        foreach (var process in _processes)
        {
            if (process.ChecksVersions)
            {
                SymbolCheck.Versions(process, _work);
            }

            imports.UnionWith(SymbolCheck.Undefined(process, _work));
        }

        DataParts.Add(_work, imports, _processes);
        return new ClosureResult(
            _work.Files.ToFiles(Packages()),
            [.. _static, .. _processes.Select(process => new ClosureProcess(
                process.Opener == process.Interpreter ? null : process.Opener.Path, process.Interpreter.Name, process.ToLibraries()))],
            [.. _work.Findings.OrderBy(finding => finding.Severity).ThenBy(finding => finding.Path, StringComparer.Ordinal)]);
    }

    private void AddProgram(string path, ClosureReason reason, ClosureFindingKind missing, int depth)
    {
        if (_work.Walk.Resolve(path) is not { Entry.Kind: RootEntryKind.File } location)
        {
            _work.ReportMissing(
                missing, path, reason.By ?? path, reason.By is null
                    ? $"{Shown.Of(path)} is not a file in the root" : $"{Shown.Of(reason.By)} names {Shown.Of(path)}, which is not a file in the root");
            return;
        }

        _work.Files.Add(location, path, reason);
        if (_work.Objects.Start(location).StartsWith("#!"u8))
        {
            AddScript(location, depth);
            return;
        }

        var (elf, dynamic, error) = _work.Objects.Read(location);
        if (elf is null || error is not ElfError.None || elf.Header.Machine != ElfHeader.X86_64)
        {
            var problem = error is ElfError.None ? "it is for another processor than x86-64" : ElfException.Describe(error);
            _work.Report(ClosureFindingKind.NotLoadable, ClosureSeverity.Error, location.Path, $"{Shown.Of(location.Path)} cannot be run: {problem}");
            return;
        }

        if (elf.Interpreter is null)
        {
            _static.Add(new ClosureProcess(location.Path, null, [new LoadedLibrary(path, location.Path, path, null)]));
            return;
        }

        StartProcess(elf.Interpreter, new ProcessObject(path, path, location, elf, dynamic, null));
    }

    private LoaderProcess? StartProcess(string interpreter, ProcessObject? main)
    {
        var reason = new ClosureReason(ClosureReasonKind.Loader, main?.Path, $"PT_INTERP {Shown.Of(interpreter)}");
        if (_work.Walk.Resolve(interpreter) is not { Entry.Kind: RootEntryKind.File } location
            || _work.Objects.Read(location) is not { Elf: { } elf, Error: ElfError.None } read)
        {
            _work.ReportMissing(
                ClosureFindingKind.LoaderMissing, interpreter, main?.Path ?? interpreter,
                $"{Shown.Of(main?.Path ?? "a library")} needs the loader {Shown.Of(interpreter)}, which is not a loader in the root");
            return null;
        }

        _work.Files.Add(location, interpreter, reason);
        var loader = DynamicLoader.For(_work.Walk, interpreter, elf.Bytes, _work.Options, _work.Sources);
        var process = new LoaderProcess(_work, loader, main, new ProcessObject(interpreter, interpreter, location, elf, read.Dynamic, null));
        process.LoadNeeded();
        process.Started();
        _processes.Add(process);
        return process;
    }

    // "#!INTERPRETER [ARGUMENT]"; for env the argument is looked for in PATH.
    private void AddScript(RootLocation script, int depth)
    {
        if (depth == MaxScriptDepth)
        {
            _work.Report(
                ClosureFindingKind.NotLoadable, ClosureSeverity.Error, script.Path, $"{Shown.Of(script.Path)} cannot be run: its interpreters name each other");
            return;
        }

        ReadOnlySpan<byte> line = _work.Walk.ReadStart(script, MaxScriptLine);
        line = line.IndexOf((byte)'\n') is >= 0 and var end ? line[..end] : line;
        var words = Encoding.UTF8.GetString(line[2..]).Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            _work.Report(
                ClosureFindingKind.NotLoadable, ClosureSeverity.Error, script.Path, $"{Shown.Of(script.Path)} cannot be run: its first line names no interpreter");
            return;
        }

        var interpreter = SearchPath.Absolute(words[0], _work.Options.WorkingDirectory);
        AddProgram(interpreter, Reason(interpreter), ClosureFindingKind.ScriptInterpreterMissing, depth + 1);
        if (!interpreter.EndsWith("/env", StringComparison.Ordinal) || Array.Find(words[1..], word => word[0] != '-' && !word.Contains('=')) is not { } name)
        {
            return;
        }

        var candidates = name.Contains('/')
            ? [SearchPath.Absolute(name, _work.Options.WorkingDirectory)]
            : SearchPath.Split(_work.Options.CommandPath, _work.Options.WorkingDirectory, ':').Select(directory => $"{directory.TrimEnd('/')}/{name}").ToList();
        var found = candidates.Find(candidate => _work.Walk.Resolve(candidate) is { Entry.Kind: RootEntryKind.File }) ?? name;
        AddProgram(found, Reason(found), ClosureFindingKind.ScriptInterpreterMissing, depth + 1);

        ClosureReason Reason(string target) => new(ClosureReasonKind.ScriptInterpreter, script.Path, $"#! {Shown.Of(target)}");
    }

    private void AddIncluded(string pattern)
    {
        var any = false;
        foreach (var path in FilePattern.Find(_work.Walk, pattern).SelectMany(path => FilePattern.Below(_work.Walk, path)))
        {
            if (_work.Files.Add(path, new ClosureReason(ClosureReasonKind.Included, null, Shown.Of(pattern))) is not { } location)
            {
                _work.Report(ClosureFindingKind.LinkBroken, ClosureSeverity.Note, path, $"{Shown.Of(path)} is a link that leads nowhere");
                continue;
            }

            any = true;
            if (location.Entry.Kind is RootEntryKind.File && _work.Objects.Start(location).StartsWith("\u007fELF"u8))
            {
                AddIncludedObject(path, location);
            }
        }

        if (!any)
        {
            _work.ReportMissing(ClosureFindingKind.NothingIncluded, pattern, pattern, $"nothing in the root matches {Shown.Of(pattern)}");
        }
    }

    // A program runs by itself; a library is opened by the first program. An object file or one of another processor is only a file.
    private void AddIncludedObject(string path, RootLocation location)
    {
        var (elf, dynamic, error) = _work.Objects.Read(location);
        if (elf is null || error is not ElfError.None || dynamic is null || elf.Header.Machine != ElfHeader.X86_64)
        {
            return;
        }

        if (elf.Interpreter is not null && dynamic.SoName is null)
        {
            AddProgram(path, new ClosureReason(ClosureReasonKind.Included, null, Shown.Of(path)), ClosureFindingKind.ProgramMissing, 0);
            return;
        }

        var usual = _work.Walk.Resolve(DefaultInterpreter) is null && _work.Walk.Resolve(DefaultMuslInterpreter) is not null
            ? DefaultMuslInterpreter : DefaultInterpreter;
        var process = _processes.Count > 0 ? _processes[0] : dynamic.Needed.IsEmpty ? null : StartProcess(usual, null);
        process?.Load(path, process.Opener, ClosureReasonKind.Included, "");
        process?.LoadNeeded();
    }

    private Dictionary<string, PackageOrigin> Packages()
    {
        if (!_work.Options.Packages)
        {
            return [];
        }

        var database = new PackageDatabase(_work.Walk);
        if (database.IsUnread)
        {
            _work.Report(
                ClosureFindingKind.PackagesUnread, ClosureSeverity.Note, "/var/lib/rpm",
                "the root has a database of rpm, which is not read: the packages of its files are not known");
        }

        return database.Find(_work.Files.Paths);
    }
}
