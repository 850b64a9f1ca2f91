using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Files;

namespace Casemate.Collateral.Store;

/// <summary>
/// A store in a directory of plain files. Each entry is its raw bytes, in a file that ordinary tools read, and beside it a small
/// JSON file that says what it is, where and when it came from, and the SHA-256 of the raw bytes. Replicas may share the directory.
/// </summary>
/// <remarks>
/// The raw file is named by its content and written first; replacing the small file then switches from the old entry to the new
/// one. So a crash, a full disk or a reader at any moment finds the old entry or the new one. What a crash leaves over is removed
/// when a store is opened.
/// </remarks>
public sealed partial class DirectoryCollateralStore : ICollateralStore
{
    /// <summary>The most entries of one kind, unless another limit is given.</summary>
    public const int DefaultMaximumEntries = 100_000;

    private const string PlatformFolder = "platforms";
    private const int MaximumNoteBytes = 2 * StoredCollateral.MaximumChainBytes;
    private const int MaximumPlatformBytes = ProvisionedPlatform.MaximumManifestDigits + (16 * 1024);
    private const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Another replica may be between its two writes: its raw file looks left over for that long.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    private readonly string _directory;
    private readonly int _maximumEntries;
    private readonly FileWriter _write;
    private readonly FileMover _move;

    internal DirectoryCollateralStore(string directory, int maximumEntries, FileWriter write, FileMover? move = null) =>
        (_directory, _maximumEntries, _write, _move) = (
            directory, maximumEntries, write, move ?? ((from, to) => File.Move(from, to, overwrite: true)));

    /// <summary>Writes one file so that a crash leaves the old content or the new one.</summary>
    internal delegate void FileWriter(string path, ReadOnlySpan<byte> content, UnixFileMode mode);

    /// <summary>Moves one file over another, or to where none is, within one file system.</summary>
    internal delegate void FileMover(string from, string to);

    /// <summary>Opens a store and removes what crashes left over in it.</summary>
    /// <param name="directory">The directory; made if it is not there.</param>
    /// <param name="now">The present instant; tells old leftovers from a write that is under way in another replica.</param>
    /// <param name="maximumEntries">The most entries of one kind.</param>
    /// <exception cref="CollateralStoreException">The directory cannot be made, read or written.</exception>
    public static DirectoryCollateralStore Open(string directory, DateTimeOffset now, int maximumEntries = DefaultMaximumEntries)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumEntries, 1);
        var store = new DirectoryCollateralStore(directory, maximumEntries, AtomicFile.Write);
        store.Guarded("opened", () =>
        {
            Directory.CreateDirectory(directory);
            store.CompleteTransactions(now);
            foreach (var kind in Enum.GetValues<CollateralKind>())
            {
                Directory.CreateDirectory(Path.Combine(directory, CollateralKey.Folder(kind)));
                store.RemoveLeftovers(kind, now);
            }

            Directory.CreateDirectory(Path.Combine(directory, PlatformFolder));
            return true;
        });
        return store;
    }

    /// <summary>Opens a store to look at it: nothing is made, finished or tidied up. Only reading methods are to be used.</summary>
    /// <param name="directory">Its directory; one that is not there holds nothing.</param>
    public static DirectoryCollateralStore OpenToRead(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new DirectoryCollateralStore(directory, DefaultMaximumEntries, AtomicFile.Write);
    }

    /// <inheritdoc/>
    public ValueTask<StoreReading> ReadAsync(CollateralKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Guarded("read", () => Read(key)));
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(StoredCollateral collateral, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        cancellationToken.ThrowIfCancellationRequested();
        Guarded("written", () => Write(collateral));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(CollateralKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Guarded("changed", () =>
        {
            var raw = TryReadNote(NotePath(key), out var note, out _) ? RawPath(key, note!.Sha256) : null;
            if (!Directory.Exists(FolderOf(key)) || !AtomicFile.Delete(NotePath(key)))
            {
                return false;
            }

            if (raw is not null)
            {
                File.Delete(raw);
            }

            return true;
        }));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<CollateralKey>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Guarded("listed", () =>
        {
            var keys = new List<CollateralKey>();
            foreach (var kind in Enum.GetValues<CollateralKind>())
            {
                foreach (var path in NotesOf(kind).Take(_maximumEntries))
                {
                    if (TryReadNote(path, out var note, out _) && NotePath(note!.Key) == path)
                    {
                        keys.Add(note.Key);
                    }
                }
            }

            keys.Sort((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));
            return (IReadOnlyList<CollateralKey>)keys;
        }));
    }

    /// <inheritdoc/>
    public ValueTask<ProvisionedPlatform?> ReadPlatformAsync(string qeId, string pceId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = PlatformPath(CollateralKey.PckCertificates(qeId, pceId));
        return ValueTask.FromResult(Guarded("read", () =>
        {
            var content = TryReadFile(path, MaximumPlatformBytes, out _);
            return content is null ? null : PlatformText.TryRead(content);
        }));
    }

    /// <inheritdoc/>
    public ValueTask WritePlatformAsync(ProvisionedPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(platform);
        cancellationToken.ThrowIfCancellationRequested();
        var content = PlatformText.Write(platform);
        var path = PlatformPath(platform.CertificatesKey);
        return Guarded("written", () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(path)
                && Directory.EnumerateFiles(Path.GetDirectoryName(path)!, "*.json").Take(_maximumEntries).Count() == _maximumEntries)
            {
                throw new CollateralStoreException($"The store {_directory} holds {_maximumEntries} platforms, its limit.");
            }

            _write(path, content, Private);
            return ValueTask.CompletedTask;
        });
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ProvisionedPlatform>> ListPlatformsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Guarded("listed", () =>
        {
            var folder = Path.Combine(_directory, PlatformFolder);
            var found = new List<ProvisionedPlatform>();
            if (Directory.Exists(folder))
            {
                foreach (var path in Directory.EnumerateFiles(folder, "*.json").Take(_maximumEntries).Order(StringComparer.Ordinal))
                {
                    if (TryReadFile(path, MaximumPlatformBytes, out _) is { } content && PlatformText.TryRead(content) is { } platform)
                    {
                        found.Add(platform);
                    }
                }
            }

            return (IReadOnlyList<ProvisionedPlatform>)found;
        }));
    }

    private StoreReading Read(CollateralKey key)
    {
        // Another replica may replace the entry between the two reads, and remove the raw file that was named: then look again.
        for (var attempt = 0; ; attempt++)
        {
            if (!TryReadNote(NotePath(key), out var note, out var problem))
            {
                return problem.Length == 0 ? StoreReading.Absent : StoreReading.Damaged($"{NotePath(key)}: {problem}");
            }

            if (note!.Key != key)
            {
                return StoreReading.Damaged($"{NotePath(key)}: it describes another entry");
            }

            var path = RawPath(key, note.Sha256);
            var raw = TryReadFile(path, StoredCollateral.MaximumBytes(key.Kind), out problem);
            if (raw is null && problem.Length == 0 && attempt < 3)
            {
                continue;
            }

            return raw is null ? StoreReading.Damaged($"{path}: {(problem.Length == 0 ? "it is missing" : problem)}")
                : !SHA256.HashData(raw).AsSpan().SequenceEqual(Convert.FromHexString(note.Sha256))
                    ? StoreReading.Damaged($"{path}: its content is not what was written (SHA-256 differs)")
                : StoreReading.Found(note.With(raw));
        }
    }

    private bool Write(StoredCollateral collateral)
    {
        var key = collateral.Key;
        RequireSize(collateral);
        Directory.CreateDirectory(FolderOf(key));
        var notePath = NotePath(key);
        var known = TryReadNote(notePath, out var old, out _);
        if (!known && !File.Exists(notePath) && NotesOf(key.Kind).Take(_maximumEntries).Count() == _maximumEntries)
        {
            throw new CollateralStoreException($"The store {_directory} holds {_maximumEntries} entries of kind {key.Kind}, its limit.");
        }

        var note = EntryNote.Of(collateral);
        _write(RawPath(key, note.Sha256), collateral.Raw.Span, Shared);
        _write(notePath, note.ToJson(), Shared);
        if (known && old!.Sha256 != note.Sha256
            && !(TryReadNote(notePath, out var present, out _) && present!.Sha256 == old.Sha256))
        {
            File.Delete(RawPath(key, old.Sha256));
        }

        return true;
    }

    private static void RequireSize(StoredCollateral collateral)
    {
        if (collateral.Raw.Length > StoredCollateral.MaximumBytes(collateral.Key.Kind)
            || collateral.IssuerChainPem.Length > StoredCollateral.MaximumChainBytes)
        {
            throw new CollateralStoreException($"{collateral.Key.ToLogText()} is larger than an entry of its kind may be.");
        }
    }

    private void RemoveLeftovers(CollateralKind kind, DateTimeOffset now)
    {
        var folder = Path.Combine(_directory, CollateralKey.Folder(kind));
        var used = NotesOf(kind)
            .Where(path => TryReadNote(path, out _, out _))
            .Select(path => TryReadNote(path, out var note, out _) ? RawPath(note!.Key, note.Sha256) : path)
            .ToHashSet();
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var old = now - File.GetLastWriteTimeUtc(path) > LeftoverAge;
            if (old && (
                AtomicFile.IsLeftover(path) || (!path.EndsWith(EntryNote.Extension, StringComparison.Ordinal) && !used.Contains(path))))
            {
                File.Delete(path);
            }
        }
    }

    private IEnumerable<string> NotesOf(CollateralKind kind)
    {
        var folder = Path.Combine(_directory, CollateralKey.Folder(kind));
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*" + EntryNote.Extension).Where(path => !AtomicFile.IsLeftover(path))
            : [];
    }

    private static bool TryReadNote(string path, out EntryNote? note, out string problem)
    {
        note = null;
        return TryReadFile(path, MaximumNoteBytes, out problem) is { } content && EntryNote.TryRead(content, out note, out problem);
    }

    // Null with an empty problem: there is no such file.
    private static byte[]? TryReadFile(string path, int limit, out string problem)
    {
        problem = "";
        try
        {
            // Opening a pipe would wait for its writer, for ever; like a device it has no length, and no entry is empty.
            if (!BoundedFile.HasContent(path))
            {
                problem = "it is empty, or no regular file";
                return null;
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return BoundedFile.Read(stream, path, limit);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (MalformedInputException exception)
        {
            problem = exception.Problem;
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = exception.Message;                                    // one bad file must not make the whole store unreadable
            return null;
        }
    }

    private T Guarded<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CollateralStoreException($"The store {_directory} cannot be {what}: {exception.Message}", exception)
            {
                Remedy = exception is DamagedTransactionException ? "Repair the directory, then import again." : null,
            };
        }
    }

    private string FolderOf(CollateralKey key) => Path.Combine(_directory, CollateralKey.Folder(key.Kind));

    private string NotePath(CollateralKey key) => Path.Combine(FolderOf(key), BaseName(key) + EntryNote.Extension);

    private string RawPath(CollateralKey key, string sha256) =>
        Path.Combine(FolderOf(key), $"{BaseName(key)}.{sha256[..16]}.{ExtensionOf(key.Kind)}");

    private string PlatformPath(CollateralKey key) => Path.Combine(_directory, PlatformFolder, BaseName(key) + ".json");

    // The rest of the key's text holds lower-case letters, digits, dots and dashes only. A file name has at most 255 bytes.
    private static string BaseName(CollateralKey key)
    {
        const int longest = 200;
        var text = key.ToString();
        var name = text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return name.Length <= longest
            ? name
            : $"{name[..64]}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))}";
    }

    internal static string ExtensionOf(CollateralKind kind) => kind switch
    {
        CollateralKind.TcbInfo or CollateralKind.QeIdentity or CollateralKind.QveIdentity or CollateralKind.PckCertificates
            or CollateralKind.TcbEvaluationNumbers or CollateralKind.Fmspcs => "json",
        CollateralKind.PckCrl or CollateralKind.RootCaCrl or CollateralKind.SnpCrl => "crl",
        CollateralKind.Vcek or CollateralKind.Vlek => "der",
        CollateralKind.PckCertificate or CollateralKind.SnpChain => "pem",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of collateral."),
    };
}
