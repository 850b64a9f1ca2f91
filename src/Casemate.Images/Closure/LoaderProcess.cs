using System.Collections.Immutable;
using Casemate.Images.Roots;
using Casemate.Measurement.Elf;

namespace Casemate.Images.Closure;

/// <summary>
/// One process as its dynamic loader fills it: breadth first from the program, each library once, by name and by file. What is opened
/// later is added behind what is there at the start.
/// </summary>
internal sealed class LoaderProcess
{
    private const int MaxObjects = 5000;
    private readonly ClosureWork _work;
    private readonly DynamicLoader _loader;
    private readonly List<ProcessObject> _objects = [];
    private readonly Dictionary<string, ProcessObject> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProcessObject> _byFile = new(StringComparer.Ordinal);
    private readonly ProcessObject? _main;
    private int _next;

    /// <summary>Starts a process.</summary>
    /// <param name="work">The closure.</param>
    /// <param name="loader">The rules.</param>
    /// <param name="main">The program; null when libraries are taken without one.</param>
    /// <param name="interpreter">The loader's own object, which answers to its names from the start.</param>
    public LoaderProcess(ClosureWork work, DynamicLoader loader, ProcessObject? main, ProcessObject interpreter)
    {
        (_work, _loader, _main, Interpreter) = (work, loader, main, interpreter);
        if (main is not null)
        {
            Add(main);
        }

        Add(interpreter);
    }

    /// <summary>What is loaded, in the order of loading.</summary>
    public IReadOnlyList<ProcessObject> Objects => _objects;

    /// <summary>The loader's own object.</summary>
    public ProcessObject Interpreter { get; }

    /// <summary>How many of the objects are loaded when the program starts; the rest is opened later.</summary>
    public int AtStart { get; private set; }

    /// <summary>Whether the versions of symbols are checked.</summary>
    public bool ChecksVersions => _loader.ChecksVersions;

    /// <summary>Marks the end of the start.</summary>
    public void Started() => AtStart = _objects.Count;

    /// <summary>The object that answers to a name; null when none does.</summary>
    public ProcessObject? Find(string name) => _loader.IsLoader(name) ? Interpreter : _byName.GetValueOrDefault(name);

    /// <summary>The object with the program's rules for a library that nothing loaded needs: the program, or the loader.</summary>
    public ProcessObject Opener => _main ?? Interpreter;

    /// <summary>Loads what the objects need that were not looked at yet.</summary>
    public void LoadNeeded()
    {
        for (; _next < _objects.Count; _next++)
        {
            var loaded = _objects[_next];
            if (loaded.Dynamic is not { } dynamic)
            {
                continue;
            }

            foreach (var name in dynamic.Filters.Concat(dynamic.Needed))
            {
                Load(name, loaded, ClosureReasonKind.Library, "");
            }

            foreach (var name in dynamic.Auxiliaries)
            {
                Load(name, loaded, ClosureReasonKind.Library, "auxiliary, ", isOptional: true);
            }
        }
    }

    /// <summary>Loads a library by its name or path as an object asks for it; null when it is not found, which is reported unless optional.</summary>
    public ProcessObject? Load(string name, ProcessObject neededBy, ClosureReasonKind kind, string detail, bool isOptional = false)
    {
        var wanted = _loader.Expand(name, neededBy);
        if (Find(wanted) is { } present)
        {
            _work.Files.Add(present.Location, present.Name, new ClosureReason(kind, neededBy.Path, $"{detail}{Shown.Of(name)}, already loaded"));
            return present;
        }

        var places = wanted.Contains('/')
            ? [new SearchPlace(SearchPath.Absolute(wanted, _work.Options.WorkingDirectory), "its path", false, SearchSource.SearchPath)]
            : _loader.Places(wanted, neededBy, _main);
        ProcessObject? found = null;
        foreach (var place in places)
        {
            if (Open(place, name, wanted, neededBy, kind, detail, found is not null) is not { } opened)
            {
                continue;
            }

            found ??= opened;
            if (!place.IsVariant)
            {
                return found;
            }
        }

        if (found is null && !isOptional)
        {
            _work.ReportMissing(
                kind is ClosureReasonKind.RuntimePart ? ClosureFindingKind.RuntimePartMissing : ClosureFindingKind.LibraryMissing, name, neededBy.Path,
                $"{Shown.Of(neededBy.Path)} {(kind is ClosureReasonKind.RuntimePart ? "opens" : "needs")} {Shown.Of(name)}, "
                + "which is in no directory that its loader searches");
        }

        return found;
    }

    private ProcessObject? Open(
        SearchPlace place, string name, string wanted, ProcessObject neededBy, ClosureReasonKind kind, string detail, bool isFurther)
    {
        if (_work.Walk.Resolve(place.Path) is not { Entry.Kind: RootEntryKind.File } location)
        {
            return null;
        }

        // A library of another kind of processor in one directory does not hide ours in the next.
        var start = ElfHeader.TryRead(_work.Objects.Start(location), out var header);
        if (start is ElfError.UnsupportedClass or ElfError.UnsupportedByteOrder || (start is ElfError.None && header.Machine != ElfHeader.X86_64))
        {
            return null;
        }

        var (elf, dynamic, error) = _work.Objects.Read(location);
        if (elf is null || error is not ElfError.None)
        {
            _work.Report(
                ClosureFindingKind.NotLoadable, ClosureSeverity.Error, location.Path,
                $"{Shown.Of(neededBy.Path)} needs {Shown.Of(name)}, and the loader would take {Shown.Of(location.Path)}: {ElfException.Describe(error)}");
            return null;
        }

        var reason = new ClosureReason(
            place.IsVariant ? ClosureReasonKind.ProcessorVariant : kind, neededBy.Path, $"{detail}{Shown.Of(name)}, found by {place.How}");
        _work.Files.Add(location, place.Path, reason);
        KeepSource(place, location);
        if (_byFile.TryGetValue(location.Path, out var same) || (location.Entry.Identity is { } identity && _byFile.TryGetValue(identity, out same)))
        {
            _byName.TryAdd(wanted, same);
            return same;
        }

        if (_objects.Count == MaxObjects)
        {
            throw new Casemate.Oci.OciException(Casemate.Oci.OciError.LimitExceeded, $"a process has more than {MaxObjects} libraries");
        }

        // Of several variants the first stands for the library; the others need what they need under their own paths.
        var opened = new ProcessObject(place.Path, isFurther ? place.Path : wanted, location, elf, dynamic, neededBy);
        Add(opened);
        return opened;
    }

    // The first to have a name keeps it. A path starts with a slash, so that no identity of a file is one.
    private void Add(ProcessObject loaded)
    {
        _objects.Add(loaded);
        foreach (var name in _loader.NamesOf(loaded))
        {
            _byName.TryAdd(name, loaded);
        }

        _byFile.TryAdd(loaded.Path, loaded);
        if (loaded.Location.Entry.Identity is { } identity)
        {
            _byFile.TryAdd(identity, loaded);
        }
    }

    private void KeepSource(SearchPlace place, RootLocation location)
    {
        if (_loader is MuslLoader musl && place.Source is SearchSource.Default)
        {
            _work.Files.Add(musl.PathFile, new ClosureReason(ClosureReasonKind.LoaderConfiguration, location.Path, "the loader's list of directories"));
        }

        if (place.Source is SearchSource.Cache && _loader is GnuLoader gnu && !gnu.IsInDefaultDirectory(place.Path))
        {
            _work.Files.Add(LoaderSources.CachePath, new ClosureReason(
                ClosureReasonKind.LoaderConfiguration, location.Path, $"{Shown.Of(place.Path)} is in no default directory"));
        }

        if (place.Source is SearchSource.Configuration)
        {
            _work.Report(
                ClosureFindingKind.LoaderCacheMissing, ClosureSeverity.Warning, location.Path,
                $"{Shown.Of(place.Path)} was found by /etc/ld.so.conf; a loader reads only {LoaderSources.CachePath}: run ldconfig in the root");
        }
    }

    /// <summary>What is loaded, for the reader.</summary>
    public ImmutableArray<LoadedLibrary> ToLibraries() =>
        [.. _objects.Select(loaded => new LoadedLibrary(loaded.Name, loaded.Path, loaded.RequestedAs, loaded.Loader?.Path))];
}
