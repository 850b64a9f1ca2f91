using Casemate.Images.Roots;

namespace Casemate.Images.Closure;

/// <summary>The rules by which one kind of dynamic loader finds libraries.</summary>
internal abstract class DynamicLoader
{
    /// <summary>Whether the versions of symbols are checked when a program starts.</summary>
    public abstract bool ChecksVersions { get; }

    /// <summary>The names to which an object answers once it is loaded.</summary>
    public abstract IEnumerable<string> NamesOf(ProcessObject loaded);

    /// <summary>Whether a name stands for the loader itself, whatever the loader is called.</summary>
    public virtual bool IsLoader(string name) => false;

    /// <summary>A name with its tokens replaced, as the loader does it for a name in a file.</summary>
    public abstract string Expand(string name, ProcessObject neededBy);

    /// <summary>The places where the loader looks for a name without a slash, in order.</summary>
    /// <param name="name">The library's name.</param>
    /// <param name="neededBy">The object that needs it.</param>
    /// <param name="main">The program; null when there is none.</param>
    public abstract IEnumerable<SearchPlace> Places(string name, ProcessObject neededBy, ProcessObject? main);

    /// <summary>The rules of the loader that a program names.</summary>
    /// <param name="walk">The root.</param>
    /// <param name="interpreter">The loader's path as the program names it.</param>
    /// <param name="loaderBytes">The loader's file.</param>
    /// <param name="options">The options.</param>
    /// <param name="caches">What was read of the root's configuration; shared by all programs.</param>
    public static DynamicLoader For(
        RootWalk walk, string interpreter, ReadOnlyMemory<byte> loaderBytes, ClosureOptions options, LoaderSources caches) =>
        interpreter[(interpreter.LastIndexOf('/') + 1)..].StartsWith("ld-musl-", StringComparison.Ordinal)
            ? new MuslLoader(walk, interpreter, options)
            : new GnuLoader(GnuLayout.Of(loaderBytes.Span), options, caches);
}
