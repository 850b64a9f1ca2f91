using System.Security.Cryptography;
using Casemate.Primitives.Files;

namespace Casemate.Broker;

/// <summary>
/// Keeps resources in a directory, one sealed file each, under names that tell nothing. Several processes may use one directory at
/// the same time: every change is one rename, and readers see the old file or the new one.
/// </summary>
/// <remarks>
/// It keeps secrets from those who get hold of the directory without its key file (backups, volumes, images). It does not
/// protect against somebody who can put back an older file of the same name, nor against root on the machine.
/// </remarks>
public sealed class DirectoryResourceStore : IResourceStore, IDisposable
{
    /// <summary>The largest content by default: 1 MiB.</summary>
    public const int DefaultMaxResourceSize = 1024 * 1024;

    /// <summary>The largest content that any setting allows: 16 MiB.</summary>
    public const int LargestMaxResourceSize = 16 * 1024 * 1024;

    private const string Extension = ".sealed";
    private const string LockName = ".lock";

    private readonly string _directory;
    private readonly FileLock _users;
    private readonly Lock _sealing = new();
    private volatile ResourceKeyRing _keys;

    private DirectoryResourceStore(string directory, string keyFile, int maxResourceSize, FileLock users, ResourceKeyRing keys)
    {
        (_directory, KeyFile, MaxResourceSize) = (directory, keyFile, maxResourceSize);
        (_users, _keys) = (users, keys);
    }

    /// <inheritdoc/>
    public int MaxResourceSize { get; }

    /// <summary>The file with the keys. Keep a copy apart from the resources: without it they are lost.</summary>
    public string KeyFile { get; }

    /// <summary>True when only the owner can read the key file; always true on Windows.</summary>
    public bool IsKeyFilePrivate =>
        OperatingSystem.IsWindows() || (File.GetUnixFileMode(KeyFile) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) == 0;

    /// <summary>
    /// Opens a directory, making it and its key file if they are not there. If nobody else uses it, what interrupted writes left in it
    /// and beside its key file is removed.
    /// </summary>
    /// <param name="directory">The directory; a new one can be entered by its owner alone.</param>
    /// <param name="keyFile">The key file; null: beside the directory, with <c>.key</c> added to its name.</param>
    /// <param name="maxResourceSize">The largest content, 1 to 16 MiB.</param>
    /// <exception cref="IOException">Directory or key file cannot be made or read.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    /// <exception cref="InvalidDataException">The key file is damaged; or it is missing while resources are there.</exception>
    public static DirectoryResourceStore Open(string directory, string? keyFile = null, int maxResourceSize = DefaultMaxResourceSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxResourceSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxResourceSize, LargestMaxResourceSize);
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        keyFile ??= directory + ".key";
        CreatePrivate(directory);
        CreatePrivate(Path.GetDirectoryName(Path.GetFullPath(keyFile))!);
        var users = FileLock.Join(Path.Combine(directory, LockName), out var alone);
        try
        {
            if (alone)
            {
                AtomicFile.RemoveLeftovers(directory);
                AtomicFile.RemoveLeftovers(Path.GetDirectoryName(Path.GetFullPath(keyFile))!);
                users.LetOthersIn();
            }

            // A fresh key would not open what is there, and would hide that the old one is gone.
            if (!File.Exists(keyFile) && Directory.EnumerateFiles(directory, "*" + Extension).Any())
            {
                throw new InvalidDataException(
                    $"'{directory}' holds resources but their key file '{keyFile}' is missing. Restore it from a copy; "
                    + "to start anew, remove the resources.");
            }

            return new DirectoryResourceStore(directory, keyFile, maxResourceSize, users, ResourceKeyRing.LoadOrCreate(keyFile));
        }
        catch
        {
            users.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask PutAsync(ResourcePath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        CheckPath(path);
        if (content.Length is 0 || content.Length > MaxResourceSize)
        {
            throw new ArgumentException($"A resource has 1 to {MaxResourceSize} bytes, this one has {content.Length}.", nameof(content));
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (_sealing)
        {
            AtomicFile.Write(FileOf(path), SealedResource.Seal(path, content.Span, _keys.Current));
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]?> GetAsync(ResourcePath path, CancellationToken cancellationToken = default)
    {
        CheckPath(path);
        var file = FileOf(path);

        // Not this store's own limit: it may have been larger when the resource was stored.
        var bytes = await ReadAsync(file, LargestMaxResourceSize + SealedResource.MaxOverhead, cancellationToken).ConfigureAwait(false);
        if (bytes is null)
        {
            return null;
        }

        return SealedResource.TryOpen(bytes, path, KeyOf(file, bytes), out var content)
            ? content
            : throw new ResourceDamagedException(file, "it was changed, or belongs to another name");
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(ResourcePath path, CancellationToken cancellationToken = default)
    {
        CheckPath(path);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(AtomicFile.Delete(FileOf(path)));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ResourcePath>> ListAsync(CancellationToken cancellationToken = default)
    {
        var paths = new List<ResourcePath>();
        foreach (var file in Directory.EnumerateFiles(_directory, "*" + Extension))
        {
            // The name stands in the first bytes; the content stays sealed.
            var bytes = await ReadAsync(file, int.MaxValue, cancellationToken, SealedResource.MaxOverhead).ConfigureAwait(false);
            if (bytes is null)
            {
                continue;                                                  // deleted since the directory was read
            }

            if (!SealedResource.TryOpenName(bytes, KeyOf(file, bytes), out var path))
            {
                throw new ResourceDamagedException(file, "its name cannot be opened");
            }

            if (FileOf(path) != file)
            {
                throw new ResourceDamagedException(file, "it stands under another resource's file name");
            }

            paths.Add(path);
        }

        paths.Sort(static (a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));
        return paths;
    }

    /// <summary>Seals every resource anew under a fresh key and forgets the old one. Interrupted, it can be run again.</summary>
    /// <param name="cancellationToken">Stops between two resources; both keys are then kept.</param>
    /// <exception cref="IOException">Another process uses the directory: it could still seal with the old key.</exception>
    /// <exception cref="ResourceDamagedException">A resource cannot be opened; both keys are then kept.</exception>
    public async ValueTask RotateKeyAsync(CancellationToken cancellationToken = default)
    {
        if (!_users.TryBecomeAlone())
        {
            throw new IOException($"'{_directory}' is in use by another process. Stop it, then rotate the key.");
        }

        try
        {
            var keys = ResourceKeyRing.Load(KeyFile).WithNewKey();
            keys.Save(KeyFile);
            lock (_sealing)
            {
                _keys = keys;
            }

            foreach (var path in await ListAsync(cancellationToken).ConfigureAwait(false))
            {
                if (await GetAsync(path, cancellationToken).ConfigureAwait(false) is { } content)
                {
                    await PutAsync(path, content, cancellationToken).ConfigureAwait(false);
                    CryptographicOperations.ZeroMemory(content);
                }
            }

            _keys = keys.WithCurrentKeyOnly();
            _keys.Save(KeyFile);
        }
        finally
        {
            _users.LetOthersIn();
        }
    }

    /// <summary>Leaves the directory to others.</summary>
    public void Dispose() => _users.Dispose();

    private static void CheckPath(ResourcePath path)
    {
        if (path.Repository is null)
        {
            throw new ArgumentException("The default path names no resource.", nameof(path));
        }
    }

    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static async ValueTask<byte[]?> ReadAsync(string file, int limit, CancellationToken cancellationToken, int? atMost = null)
    {
        try
        {
            using var stream = new FileStream(
                file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
            if (stream.Length > limit)
            {
                throw new ResourceDamagedException(file, $"it is larger than {limit} bytes");
            }

            var bytes = new byte[Math.Min(stream.Length, atMost ?? long.MaxValue)];
            await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private string FileOf(ResourcePath path) => Path.Combine(_directory, _keys.FileNameOf(path) + Extension);

    private byte[] KeyOf(string file, byte[] bytes)
    {
        if (SealedResource.ReadKeyId(bytes, out var id) is { } reason)
        {
            throw new ResourceDamagedException(file, reason);
        }

        if (_keys.TryFind(id, out var key))
        {
            return key;
        }

        // Another process may have rotated the key since the ring was read.
        _keys = ResourceKeyRing.Load(KeyFile);
        return _keys.TryFind(id, out key)
            ? key
            : throw new ResourceDamagedException(
                file, $"it is sealed with key {Convert.ToHexStringLower(id)}, which the key file does not hold");
    }
}
