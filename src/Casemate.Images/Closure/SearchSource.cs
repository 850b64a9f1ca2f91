namespace Casemate.Images.Closure;

/// <summary>Where a search rule comes from.</summary>
internal enum SearchSource
{
    /// <summary>The file, its loaders or the environment.</summary>
    SearchPath,
    /// <summary>The loader's cache.</summary>
    Cache,
    /// <summary>ld.so.conf, in a root without a cache.</summary>
    Configuration,
    /// <summary>A directory that the loader itself knows.</summary>
    Default,
}
