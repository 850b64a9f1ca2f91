using System.Buffers.Binary;
using System.Text;

namespace Casemate.KataPolicy.Tests.Images;

/// <summary>
/// Writes databases in bbolt's format for tests: buckets of buckets, small ones inside their value, large ones over pages.
/// </summary>
internal sealed class BoltWriter
{
    private const int PageSize = 4096;
    private readonly List<byte[]> _pages = [];

    public static byte[] Write(SortedDictionary<string, object> root)
    {
        var writer = new BoltWriter();
        writer._pages.AddRange([new byte[PageSize], new byte[PageSize]]);
        var at = writer.Page(root);
        for (var number = 0; number < 2; number++)
        {
            var page = writer._pages[number];
            BinaryPrimitives.WriteUInt64LittleEndian(page, (ulong)number);
            BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(8), 4);
            var meta = page.AsSpan(16, 64);
            BinaryPrimitives.WriteUInt32LittleEndian(meta, 0xED0CDAED);
            BinaryPrimitives.WriteUInt32LittleEndian(meta[4..], 2);
            BinaryPrimitives.WriteUInt32LittleEndian(meta[8..], PageSize);
            BinaryPrimitives.WriteUInt64LittleEndian(meta[16..], number == 1 ? at : 999);
            BinaryPrimitives.WriteUInt64LittleEndian(meta[48..], (ulong)(7 + number));
            var checksum = 14695981039346656037UL;
            foreach (var value in meta[..56])
            {
                checksum = unchecked((checksum ^ value) * 1099511628211UL);
            }

            BinaryPrimitives.WriteUInt64LittleEndian(meta[56..], checksum);
        }

        return [.. writer._pages.SelectMany(page => page)];
    }

    // A leaf for up to 20 entries; above that a branch of leaves.
    private ulong Page(SortedDictionary<string, object> bucket)
    {
        var entries = bucket.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(
            entry => (Key: Encoding.UTF8.GetBytes(entry.Key), entry.Value)).ToArray();
        if (entries.Length <= 20)
        {
            return Add(Leaf([.. entries.Select(entry => (entry.Key, Value(entry.Value)))]));
        }

        var children = entries.Chunk(20).Select(
            chunk => (chunk[0].Key, Page: Add(Leaf([.. chunk.Select(entry => (entry.Key, Value(entry.Value)))])))).ToArray();
        var page = Header(1, children.Length);
        var keys = new List<byte>();
        for (var i = 0; i < children.Length; i++)
        {
            var element = new byte[16];
            BinaryPrimitives.WriteUInt32LittleEndian(element, (uint)(((children.Length - i) * 16) + keys.Count));
            BinaryPrimitives.WriteUInt32LittleEndian(element.AsSpan(4), (uint)children[i].Key.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(element.AsSpan(8), children[i].Page);
            page.AddRange(element);
            keys.AddRange(children[i].Key);
        }

        page.AddRange(keys);
        return Add(page);
    }

    private (bool IsBucket, byte[] Bytes) Value(object value)
    {
        if (value is byte[] bytes)
        {
            return (false, bytes);
        }

        var bucket = (SortedDictionary<string, object>)value;
        var header = new byte[16];
        if (bucket.Count <= 3)
        {
            // Small: the page itself, behind an empty root.
            var entries = bucket.OrderBy(entry => entry.Key, StringComparer.Ordinal);
            return (true, [.. header, .. Leaf([.. entries.Select(entry => (Encoding.UTF8.GetBytes(entry.Key), Value(entry.Value)))])]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(header, Page(bucket));
        return (true, header);
    }

    private static List<byte> Leaf((byte[] Key, (bool IsBucket, byte[] Bytes) Value)[] entries)
    {
        var page = Header(2, entries.Length);
        var data = new List<byte>();
        for (var i = 0; i < entries.Length; i++)
        {
            var (key, (isBucket, value)) = entries[i];
            var element = new byte[16];
            BinaryPrimitives.WriteUInt32LittleEndian(element, isBucket ? 1u : 0);
            BinaryPrimitives.WriteUInt32LittleEndian(element.AsSpan(4), (uint)(((entries.Length - i) * 16) + data.Count));
            BinaryPrimitives.WriteUInt32LittleEndian(element.AsSpan(8), (uint)key.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(element.AsSpan(12), (uint)value.Length);
            page.AddRange(element);
            data.AddRange([.. key, .. value]);
        }

        page.AddRange(data);
        return page;
    }

    private static List<byte> Header(ushort flags, int count)
    {
        var header = new byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), flags);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), (ushort)count);
        return [.. header];
    }

    private ulong Add(List<byte> page)
    {
        var number = (ulong)_pages.Sum(existing => existing.Length / PageSize);
        var bytes = new byte[(page.Count + PageSize - 1) / PageSize * PageSize];
        page.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)((bytes.Length / PageSize) - 1));
        _pages.Add(bytes);
        return number;
    }
}
