namespace Casemate.Images.Closure;

/// <summary>
/// The rules of the GNU C Library's loader. Source: ld.so(8); behaviour checked against the program itself. The subdirectories for
/// processors that came before <c>glibc-hwcaps</c> (<c>tls</c>, <c>haswell</c>, <c>x86_64</c>) are not searched: no distribution uses them
/// any more, and glibc 2.37 dropped them.
/// </summary>
internal sealed class GnuLoader(GnuLayout layout, ClosureOptions options, LoaderSources sources) : DynamicLoader
{
    private static readonly string[] s_variants = ["x86-64-v4", "x86-64-v3", "x86-64-v2"];

    /// <inheritdoc/>
    public override bool ChecksVersions => true;

    /// <inheritdoc/>
    // Its path, the name that asked for it, and its own name (DT_SONAME).
    public override IEnumerable<string> NamesOf(ProcessObject loaded) =>
        loaded.Dynamic?.SoName is { } own ? [loaded.Name, loaded.RequestedAs, own] : [loaded.Name, loaded.RequestedAs];

    /// <inheritdoc/>
    public override string Expand(string name, ProcessObject neededBy) => SearchPath.Expand(name, new Dictionary<string, string>
    {
        ["ORIGIN"] = neededBy.Origin,
        ["LIB"] = layout.Lib,
        ["PLATFORM"] = "x86_64",
    });

    /// <inheritdoc/>
    public override IEnumerable<SearchPlace> Places(string name, ProcessObject neededBy, ProcessObject? main)
    {
        // DT_RPATH counts for what an object needs and for what that needs in turn, unless the object that needs has a DT_RUNPATH. The
        // program's counts for everything.
        if (neededBy.Dynamic?.RunPath is null)
        {
            var sawMain = false;
            for (var at = neededBy; at is not null; at = at.Loader)
            {
                sawMain |= at == main;
                foreach (var place in InPath(at, RPathOf(at), "DT_RPATH", name))
                {
                    yield return place;
                }
            }

            if (!sawMain && main is not null)
            {
                foreach (var place in InPath(main, RPathOf(main), "DT_RPATH", name))
                {
                    yield return place;
                }
            }
        }

        if (options.LibraryPath is { } libraryPath)
        {
            foreach (var directory in SearchPath.Split(Expand(libraryPath, main ?? neededBy), options.WorkingDirectory, ':', ';'))
            {
                foreach (var place in InDirectory(directory, "LD_LIBRARY_PATH", SearchSource.SearchPath, name))
                {
                    yield return place;
                }
            }
        }

        foreach (var place in InPath(neededBy, neededBy.Dynamic?.RunPath, "DT_RUNPATH", name))
        {
            yield return place;
        }

        var usesDefaults = neededBy.Dynamic is not { HasNoDefaultLibraries: true };
        foreach (var place in InCache(name, usesDefaults))
        {
            yield return place;
        }

        foreach (var directory in usesDefaults ? layout.DefaultDirectories : [])
        {
            foreach (var place in InDirectory(directory, $"default directory {directory}", SearchSource.Default, name))
            {
                yield return place;
            }
        }
    }

    private static string? RPathOf(ProcessObject loaded) => loaded.Dynamic is { RunPath: null } dynamic ? dynamic.RPath : null;

    private IEnumerable<SearchPlace> InPath(ProcessObject holder, string? path, string tag, string name) =>
        SearchPath.Split(Expand(path ?? "", holder), options.WorkingDirectory, ':')
            .SelectMany(directory => InDirectory(directory, $"{tag} of {Shown.Of(holder.Path)}", SearchSource.SearchPath, name));

    private IEnumerable<SearchPlace> InDirectory(string directory, string how, SearchSource source, string name)
    {
        directory = directory.TrimEnd('/');
        foreach (var variant in options.ProcessorVariants ? s_variants : [])
        {
            yield return new SearchPlace($"{directory}/glibc-hwcaps/{variant}/{name}", how, true, source);
        }

        yield return new SearchPlace($"{directory}/{name}", how, false, source);
    }

    private IEnumerable<SearchPlace> InCache(string name, bool usesDefaults)
    {
        foreach (var directory in sources.Cache is null ? sources.ConfiguredDirectories : [])
        {
            foreach (var place in InDirectory(directory, $"/etc/ld.so.conf, which names {Shown.Of(directory)}", SearchSource.Configuration, name))
            {
                if (usesDefaults || !IsDefault(place.Path))
                {
                    yield return place;
                }
            }
        }

        // The first entry for every processor is the one that counts, even if its file is gone.
        var (wasGeneral, entries) = (false, sources.Cache?.Find(name) ?? []);
        foreach (var entry in entries.Where(entry => usesDefaults || !IsDefault(entry.Path)))
        {
            var isGeneral = entry is { Variant: null, LegacyCapabilities: 0 };
            if (isGeneral ? !wasGeneral : options.ProcessorVariants)
            {
                wasGeneral |= isGeneral;
                yield return new SearchPlace(entry.Path, LoaderSources.CachePath, !isGeneral, SearchSource.Cache);
            }
        }
    }

    /// <summary>Whether a file is in a directory that the loader knows without its cache.</summary>
    public bool IsInDefaultDirectory(string path) => layout.DefaultDirectories.Contains(path[..path.LastIndexOf('/')]);

    private bool IsDefault(string path) => layout.DefaultDirectories.Any(directory => path.StartsWith(directory + "/", StringComparison.Ordinal));
}
