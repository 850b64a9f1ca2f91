using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Files;

namespace Casemate.Collateral.Store;

/// <content>
/// Writing many entries as one. Their raw files are written under their final names, where nothing refers to them yet; the small files
/// wait in a directory of the transaction's own. Its journal, which says where each belongs, is written last: with it the transaction
/// counts, and all that remains is renaming. Whoever opens the store after a crash completes what has a journal.
/// </content>
public sealed partial class DirectoryCollateralStore
{
    private const string TransactionFolder = "transactions";
    private const string JournalName = "journal";
    private const int MaximumJournalBytes = 32 * 1024 * 1024;

    /// <inheritdoc/>
    public ValueTask WriteAllAsync(
        IReadOnlyCollection<StoredCollateral> collateral, IReadOnlyCollection<ProvisionedPlatform> platforms,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        ArgumentNullException.ThrowIfNull(platforms);
        cancellationToken.ThrowIfCancellationRequested();
        if (collateral.DistinctBy(entry => entry.Key).Count() != collateral.Count
            || platforms.DistinctBy(platform => platform.CertificatesKey).Count() != platforms.Count)
        {
            throw new ArgumentException("Each key and each platform may be there once.", nameof(collateral));
        }

        if (collateral.Count + platforms.Count > 0)
        {
            Guarded("written", () => WriteAll(collateral, platforms));
        }

        return ValueTask.CompletedTask;
    }

    private bool WriteAll(IReadOnlyCollection<StoredCollateral> collateral, IReadOnlyCollection<ProvisionedPlatform> platforms)
    {
        RequireRoom(collateral, platforms);
        var staging = Path.Combine(_directory, TransactionFolder, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        var written = new List<(CollateralKey Key, string Sha256)>();
        var superseded = new List<(CollateralKey Key, string Sha256)>();
        try
        {
            Directory.CreateDirectory(staging);
            AtomicFile.FlushDirectory(Path.GetDirectoryName(staging)!);     // or a power failure may take the journal with its directory
            var journal = new StringBuilder();
            var count = 0;
            foreach (var entry in collateral)
            {
                var note = EntryNote.Of(entry);
                var raw = RawPath(entry.Key, note.Sha256);
                Directory.CreateDirectory(FolderOf(entry.Key));
                if (TryReadNote(NotePath(entry.Key), out var old, out _) && old!.Key == entry.Key && old.Sha256 != note.Sha256)
                {
                    superseded.Add((entry.Key, old.Sha256));
                }

                if (!File.Exists(raw))
                {
                    written.Add((entry.Key, note.Sha256));
                }

                _write(raw, entry.Raw.Span, Shared);
                Stage(NotePath(entry.Key), note.ToJson(), Shared);
            }

            foreach (var platform in platforms)
            {
                Directory.CreateDirectory(Path.Combine(_directory, PlatformFolder));
                Stage(PlatformPath(platform.CertificatesKey), PlatformText.Write(platform), Private);
            }

            if (journal.Length > MaximumJournalBytes)
            {
                throw new IOException($"{count} entries are more than one transaction may have");
            }

            _write(Path.Combine(staging, JournalName), Encoding.UTF8.GetBytes(journal.ToString()), Private);

            void Stage(string target, byte[] content, UnixFileMode mode)
            {
                var name = count++.ToString(System.Globalization.CultureInfo.InvariantCulture);
                _write(Path.Combine(staging, name), content, mode);
                journal.Append(name).Append('\t').Append(Path.GetRelativePath(_directory, target)).Append('\n');
            }
        }
        catch
        {
            Abandon(staging, written);
            throw;
        }

        try
        {
            Apply(staging, recovering: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CollateralStoreException(
                $"The store {_directory} took {collateral.Count} entries, and not all are in place yet: {exception.Message}. Opening the store "
                + "again, by the next command or by restarting the service, completes it.", exception);
        }

        foreach (var (key, sha256) in superseded)
        {
            if (!(TryReadNote(NotePath(key), out var present, out _) && present!.Sha256 == sha256))
            {
                File.Delete(RawPath(key, sha256));
            }
        }

        return true;
    }

    private void RequireRoom(IReadOnlyCollection<StoredCollateral> collateral, IReadOnlyCollection<ProvisionedPlatform> platforms)
    {
        foreach (var entries in collateral.GroupBy(entry => entry.Key.Kind))
        {
            foreach (var entry in entries)
            {
                RequireSize(entry);
            }

            var added = entries.Count(entry => !File.Exists(NotePath(entry.Key)));
            if (added > 0 && NotesOf(entries.Key).Take(_maximumEntries).Count() + added > _maximumEntries)
            {
                throw new CollateralStoreException(
                    $"The store {_directory} has no room for {added} more entries of kind {entries.Key}: its limit is {_maximumEntries}.");
            }
        }

        var folder = Path.Combine(_directory, PlatformFolder);
        var machines = platforms.Count(platform => !File.Exists(PlatformPath(platform.CertificatesKey)));
        var known = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json").Take(_maximumEntries).Count() : 0;
        if (machines > 0 && known + machines > _maximumEntries)
        {
            throw new CollateralStoreException(
                $"The store {_directory} has no room for {machines} more platforms: its limit is {_maximumEntries}.");
        }
    }

    // Nothing refers to any of it. What cannot be removed now is removed as a leftover later.
    private void Abandon(string staging, List<(CollateralKey Key, string Sha256)> written)
    {
        try
        {
            foreach (var (key, sha256) in written)
            {
                // Another replica may have stored the same content meanwhile.
                if (!(TryReadNote(NotePath(key), out var present, out _) && present!.Sha256 == sha256))
                {
                    File.Delete(RawPath(key, sha256));
                }
            }

            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return;                                                         // the failure that led here is the one to report
        }
    }

    /// <summary>Completes what crashed after its journal was written, and removes what crashed before.</summary>
    private void CompleteTransactions(DateTimeOffset now)
    {
        var folder = Path.Combine(_directory, TransactionFolder);
        foreach (var staging in Directory.Exists(folder) ? Directory.GetDirectories(folder) : [])
        {
            if (IsLink(staging))
            {
                continue;                                                   // it leads to files that are not the store's to move
            }

            if (File.Exists(Path.Combine(staging, JournalName)))
            {
                try
                {
                    Apply(staging, recovering: true);
                }
                catch (DamagedTransactionException exception)
                {
                    throw new DamagedTransactionException(
                        $"an import that was cut short cannot be completed: {exception.Message} "
                        + $"'casemate collateral repair --dir {_directory}' sets it aside; or remove {staging} yourself.", exception);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    throw new IOException(
                        $"an import that was cut short cannot be completed: {Upstream.UpstreamHttp.Clean(exception.Message)} "
                        + $"Mend that; or remove {staging} and import again.", exception);
                }
            }
            else if (now - Directory.GetLastWriteTimeUtc(staging) > LeftoverAge)
            {
                Directory.Delete(staging, recursive: true);                 // a younger one may be another replica's, at work
            }
        }
    }

    // May be done twice, also by two at a time: what is not there any more was moved.
    private void Apply(string staging, bool recovering)
    {
        var journal = Path.Combine(staging, JournalName);
        if (TryReadFile(journal, MaximumJournalBytes, out var problem) is not { } content)
        {
            // Another replica completed it; or nobody knows yet, and whoever opens the store next tries again.
            if (problem.Length > 0 && !recovering)
            {
                throw new IOException($"{journal}: {problem}");
            }

            return;
        }

        // All of it is read before anything is moved: what is damaged is not completed in part.
        var moves = new List<(string Staged, string Target)>();
        foreach (var range in content.AsSpan().Split((byte)'\n'))
        {
            if (content.AsSpan(range) is not { IsEmpty: false } bytes)
            {
                continue;
            }

            var line = Encoding.UTF8.GetString(bytes);
            if (line.Split('\t') is not [var name, var relative] || !name.All(char.IsAsciiDigit) || !IsEntryPath(relative))
            {
                throw new DamagedTransactionException($"the journal is damaged: it names '{Upstream.UpstreamHttp.Clean(line)}'.");
            }

            var (staged, target) = (Path.Combine(staging, name), Path.Combine(_directory, relative));
            if (recovering && IsLink(Path.GetDirectoryName(target)!))
            {
                throw new DamagedTransactionException($"the folder of '{relative}' is a link, which may lead out of the store.");
            }

            moves.Add((staged, target));
        }

        var folders = new HashSet<string>();
        foreach (var (staged, target) in moves)
        {
            if (File.Exists(staged) && !(recovering && IsNewer(target, staged)))
            {
                folders.Add(Path.GetDirectoryName(target)!);
                try
                {
                    _move(staged, target);
                }
                catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException && !File.Exists(staged))
                {
                    continue;                                               // another replica moved it in between
                }
            }
        }

        foreach (var folder in folders)
        {
            AtomicFile.FlushDirectory(folder);
        }

        try
        {
            File.Delete(journal);
            Directory.Delete(staging, recursive: true);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return;                                                         // another replica completed it meanwhile
        }
    }

    // Since the crash another replica may have fetched something newer.
    private static bool IsNewer(string target, string staged) =>
        TryReadNote(target, out var present, out _) && TryReadNote(staged, out var waiting, out _)
            ? present!.Fetched > waiting!.Fetched
            : File.Exists(target) && File.GetLastWriteTimeUtc(target) > File.GetLastWriteTimeUtc(staged);

    private static bool IsLink(string folder) => new DirectoryInfo(folder).LinkTarget is not null;

    // Whoever can write into the directory can write entries; a path that leads out of it is nobody's.
    private static bool IsEntryPath(string relative) =>
        relative.Split('/') is [var folder, var file]
        && (folder == PlatformFolder || Array.Exists(Enum.GetValues<CollateralKind>(), kind => CollateralKey.Folder(kind) == folder))
        && file.EndsWith(".json", StringComparison.Ordinal)
        && !file.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789.-") && !file.StartsWith('.');
}
