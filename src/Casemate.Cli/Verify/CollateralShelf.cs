using Casemate.Collateral;
using Casemate.Primitives.Caching;

namespace Casemate.Cli.Verify;

/// <summary>
/// Collateral that was read once and serves several pieces of evidence: what the command line names, and what lies in the
/// directories of the evidence. Safe for concurrent use; bounded.
/// </summary>
/// <param name="named">The files and directories that <c>--collateral</c> names.</param>
/// <param name="sources">The bundles and services that it names.</param>
internal sealed class CollateralShelf(IReadOnlyList<string> named, IReadOnlyList<INamedSource> sources)
{
    // A directory may hold 64 MiB; evidence is read directory by directory, so a few suffice.
    private const int Directories = 8;

    private readonly BoundedCache<string, CollateralSet> _directories = new(Directories);
    private readonly Lock _reading = new();
    private CollateralSet? _named;

    /// <summary>Whether the command line names collateral; then nothing beside the evidence is read.</summary>
    public bool IsNamed => named.Count > 0 || sources.Count > 0;

    /// <summary>Bundles and services that the command line names, in that order.</summary>
    public IReadOnlyList<INamedSource> Sources => sources;

    /// <summary>What the files hold that the command line names; empty when it names none.</summary>
    /// <exception cref="MalformedInputException">It cannot be read, or holds no collateral.</exception>
    public CollateralSet Named()
    {
        lock (_reading)
        {
            return _named ??= named.Select(CollateralReader.Read).Aggregate(CollateralSet.Empty, (all, next) => all.With(next));
        }
    }

    /// <summary>What one directory holds.</summary>
    /// <exception cref="MalformedInputException">It cannot be read, or a file in it is damaged.</exception>
    public CollateralSet In(string directory)
    {
        if (_directories.TryGet(directory, out var known))
        {
            return known;
        }

        try
        {
            var read = CollateralReader.Read(directory);
            _directories.Add(directory, read);
            return read;
        }
        catch (MalformedInputException exception)
        {
            // Nobody named this file: say why it was read.
            throw new MalformedInputException(
                exception.Input, exception.Problem,
                "It lies beside the evidence, where collateral is looked for unless it is named: pass --collateral FILE|DIR.", exception);
        }
    }
}
