using System.Buffers.Binary;
using System.Text;
using Casemate.Oci;

namespace Casemate.KataPolicy.Images.Containerd;

/// <summary>
/// Looks up values in a file of bbolt, the database in which containerd keeps its names. Reads only what it needs, takes no lock, and
/// writes nothing: a page never changes while the newest root leads to it. Source: etcd-io/bbolt, page.go, bucket.go, db.go.
/// </summary>
internal sealed class BoltFile : IDisposable
{
    private const uint Magic = 0xED0CDAED;
    private const int HeaderBytes = 16;
    private const int ElementBytes = 16;
    private const int MetaBytes = 64;
    private const int MaxPageBytes = 1 << 16;
    private const int MaxPageRunBytes = 64 << 20;
    private const int MaxDepth = 64;
    private const ushort BranchPage = 1;
    private const ushort LeafPage = 2;
    private const uint BucketValue = 1;

    private readonly FileStream _file;
    private readonly string _name;
    private int _pageSize;

    private BoltFile(FileStream file, string name) => (_file, _name) = (file, name);

    /// <summary>Opens a database.</summary>
    /// <exception cref="OciException">It is not there, may not be read, or is no database.</exception>
    public static BoltFile Open(string path)
    {
        try
        {
            return new BoltFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            throw new OciException(
                OciError.Storage,
                $"{path} cannot be read: {(isMissing ? "no such file" : e is UnauthorizedAccessException ? "no permission" : e.Message)}",
                isMissing ? $"Name the directory in which containerd keeps its files; usually it is {ContainerdStore.DefaultRoot}."
                    : "Run as a user that may read containerd's directory.",
                e);
        }
    }

    /// <summary>Finds a value: buckets by name, then a key.</summary>
    /// <returns>The value; null when a bucket or the key is not there.</returns>
    /// <exception cref="OciException">The file is damaged.</exception>
    public byte[]? Find(params ReadOnlySpan<string> path)
    {
        var (page, inline) = (Root(), default(byte[]));
        for (var i = 0; i < path.Length; i++)
        {
            var last = i == path.Length - 1;
            if (Search(page, inline, Encoding.UTF8.GetBytes(path[i])) is not { } found || found.IsBucket == last)
            {
                return null;
            }

            if (last)
            {
                return found.Value;
            }

            if (found.Value.Length < HeaderBytes)
            {
                throw Damaged();
            }

            // A small bucket lies in its own value, behind its header.
            page = BinaryPrimitives.ReadUInt64LittleEndian(found.Value);
            inline = page == 0 ? found.Value[HeaderBytes..] : null;
        }

        return null;
    }

    public void Dispose() => _file.Dispose();

    // Two metas take turns; the one of the later transaction counts, unless it was cut off.
    private ulong Root()
    {
        var (root, newest) = (0UL, default(ulong?));
        foreach (var size in new[] { 4096, 8192, 16384, 32768, 65536 })
        {
            for (var number = 0; number < 2; number++)
            {
                var bytes = new byte[HeaderBytes + MetaBytes];
                if (TryRead((long)number * size, bytes) && ReadMeta(bytes.AsSpan(HeaderBytes)) is var (pageSize, at, transaction)
                    && pageSize == size && (newest is null || transaction > newest))
                {
                    (_pageSize, root, newest) = (size, at, transaction);
                }
            }

            if (newest is not null)
            {
                return root;
            }
        }

        throw new OciException(OciError.MalformedDocument, $"{_name} is not a database of bbolt");
    }

    private static (int PageSize, ulong Root, ulong Transaction)? ReadMeta(ReadOnlySpan<byte> meta)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(meta) != Magic || BinaryPrimitives.ReadUInt32LittleEndian(meta[4..]) != 2)
        {
            return null;
        }

        var checksum = 14695981039346656037UL;
        foreach (var value in meta[..56])
        {
            checksum = unchecked((checksum ^ value) * 1099511628211UL);
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(meta[8..]);
        return checksum == BinaryPrimitives.ReadUInt64LittleEndian(meta[56..]) && size <= MaxPageBytes
            ? ((int)size, BinaryPrimitives.ReadUInt64LittleEndian(meta[16..]), BinaryPrimitives.ReadUInt64LittleEndian(meta[48..]))
            : null;
    }

    private (bool IsBucket, byte[] Value)? Search(ulong page, byte[]? inline, byte[] key)
    {
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            var bytes = inline ?? ReadPage(page);
            if (bytes.Length < HeaderBytes)
            {
                throw Damaged();
            }

            var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
            var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(10));
            if (HeaderBytes + (count * ElementBytes) > bytes.Length)
            {
                throw Damaged();
            }

            if (flags == LeafPage)
            {
                return SearchLeaf(bytes, count, key);
            }

            if (flags != BranchPage || count == 0)
            {
                throw Damaged();
            }

            // The last child whose first key is not behind the wanted one.
            var child = 0;
            for (var i = 1; i < count && Key(bytes, i, branch: true).SequenceCompareTo(key) <= 0; i++)
            {
                child = i;
            }

            (page, inline) = (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(HeaderBytes + (child * ElementBytes) + 8)), null);
        }

        throw Damaged();
    }

    private (bool IsBucket, byte[] Value)? SearchLeaf(byte[] bytes, int count, byte[] key)
    {
        for (var i = 0; i < count; i++)
        {
            if (Key(bytes, i, branch: false).SequenceEqual(key))
            {
                var element = HeaderBytes + (i * ElementBytes);
                var start = (long)element + BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(element + 4)) + key.Length;
                var size = (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(element + 12));
                return start + size <= bytes.Length
                    ? ((BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(element)) & BucketValue) != 0,
                        bytes.AsSpan((int)start, (int)size).ToArray())
                    : throw Damaged();
            }
        }

        return null;
    }

    private ReadOnlySpan<byte> Key(byte[] bytes, int index, bool branch)
    {
        var element = HeaderBytes + (index * ElementBytes);
        var start = (long)element + BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(element + (branch ? 0 : 4)));
        var size = (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(element + (branch ? 4 : 8)));
        return start + size <= bytes.Length ? bytes.AsSpan((int)start, (int)size) : throw Damaged();
    }

    private byte[] ReadPage(ulong page)
    {
        var header = new byte[HeaderBytes];
        if (page > long.MaxValue / (ulong)MaxPageBytes || !TryRead((long)page * _pageSize, header)
            || BinaryPrimitives.ReadUInt64LittleEndian(header) != page)
        {
            throw Damaged();
        }

        // A page may run on over those behind it.
        var size = ((long)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)) + 1) * _pageSize;
        if (size > MaxPageRunBytes || size > _file.Length)
        {
            throw Damaged();
        }

        var bytes = new byte[size];
        return TryRead((long)page * _pageSize, bytes) ? bytes : throw Damaged();
    }

    private bool TryRead(long offset, byte[] bytes)
    {
        try
        {
            return RandomAccess.Read(_file.SafeFileHandle, bytes, offset) == bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"{_name} cannot be read: {e.Message}", cause: e);
        }
    }

    private OciException Damaged() => new(
        OciError.MalformedDocument, $"{_name} is damaged, or was changed while it was read",
        "Try again; if it persists, export the image with 'ctr images export'.");
}
