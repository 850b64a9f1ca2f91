using System.Globalization;

namespace Casemate.Collateral.Store;

/// <content>The way out when what a crash left cannot be completed.</content>
public sealed partial class DirectoryCollateralStore
{
    private const string SetAsideFolder = "set-aside";

    /// <summary>
    /// Completes imports that were cut short, and sets those aside that cannot be completed because their journal is damaged: nothing is
    /// deleted, and the store can be opened again. No other process may be importing meanwhile.
    /// </summary>
    /// <param name="directory">The store's directory.</param>
    /// <returns>What was done, one for each import that was found; empty when there was none.</returns>
    /// <exception cref="CollateralStoreException">The directory cannot be read or written.</exception>
    public static IReadOnlyList<StoreRepair> Repair(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var store = new DirectoryCollateralStore(directory, DefaultMaximumEntries, Primitives.Files.AtomicFile.Write);
        return store.Guarded("repaired", () =>
        {
            var transactions = Path.Combine(directory, TransactionFolder);
            var found = Directory.Exists(transactions) ? Directory.GetDirectories(transactions) : [];
            return found.Where(staging => !IsLink(staging) && File.Exists(Path.Combine(staging, JournalName)))
                .Order(StringComparer.Ordinal).Select(store.CompleteOrSetAside).ToList();
        });
    }

    private StoreRepair CompleteOrSetAside(string staging)
    {
        try
        {
            Apply(staging, recovering: true);
            return new StoreRepair(IsCompleted: true, IsUntouched: false, "", "");
        }
        catch (DamagedTransactionException damage)
        {
            var isUntouched = HoldsAllItStaged(staging);
            return new StoreRepair(IsCompleted: false, isUntouched, SetAside(staging), Upstream.UpstreamHttp.Clean(damage.Message));
        }
    }

    // The files of a transaction have the numbers 0, 1, 2 ... and a line each in its journal, which was written after them: where none is
    // missing, none was moved into the store.
    private static bool HoldsAllItStaged(string staging)
    {
        if (TryReadFile(Path.Combine(staging, JournalName), MaximumJournalBytes, out _) is not { } journal)
        {
            return false;
        }

        var lines = journal.AsSpan().Count((byte)'\n');
        var staged = Directory.EnumerateFiles(staging).Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).ToHashSet();
        return lines > 0 && staged.Count == lines
            && Enumerable.Range(0, lines).All(number => staged.Contains(number.ToString(CultureInfo.InvariantCulture)));
    }

    private string SetAside(string staging)
    {
        var folder = Path.Combine(_directory, SetAsideFolder);
        if (Directory.Exists(folder) && IsLink(folder))
        {
            throw new IOException($"{folder} is a link, which may lead out of the store. Remove it.");
        }

        Directory.CreateDirectory(folder);
        var place = Path.Combine(folder, Path.GetFileName(staging));
        Directory.Move(staging, place);
        Primitives.Files.AtomicFile.FlushDirectory(folder);
        Primitives.Files.AtomicFile.FlushDirectory(Path.GetDirectoryName(staging)!);
        return place;
    }
}
