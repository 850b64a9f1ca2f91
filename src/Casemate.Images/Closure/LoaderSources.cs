using Casemate.Images.Roots;

namespace Casemate.Images.Closure;

/// <summary>What a root says to its GNU loader: the cache, or the configuration that one would be made of.</summary>
internal sealed class LoaderSources
{
    /// <summary>The path of the cache.</summary>
    public const string CachePath = "/etc/ld.so.cache";

    /// <summary>Reads them.</summary>
    public LoaderSources(RootWalk walk)
    {
        if (walk.Resolve(CachePath) is { Entry.Kind: RootEntryKind.File } file)
        {
            CacheIsMalformed = !LoaderCache.TryRead(walk.Read(file, LoaderCache.MaxBytes), out var cache);
            Cache = cache;
        }

        ConfiguredDirectories = Cache is null ? LoaderConfiguration.Directories(walk) : [];
    }

    /// <summary>The cache; null when there is none that can be read.</summary>
    public LoaderCache? Cache { get; }

    /// <summary>Whether there is a cache that cannot be read.</summary>
    public bool CacheIsMalformed { get; }

    /// <summary>The directories of ld.so.conf, when there is no cache.</summary>
    public IReadOnlyList<string> ConfiguredDirectories { get; }
}
