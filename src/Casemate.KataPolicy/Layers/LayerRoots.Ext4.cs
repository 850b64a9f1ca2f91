using System.Buffers;
using System.Text;
using Casemate.Measurement.Verity;
using Casemate.Oci;
using Casemate.Oci.Layers;
using Casemate.Oci.Tar;

namespace Casemate.KataPolicy.Layers;

public sealed partial class LayerRoots
{
    private const int CopyBytes = 256 * 1024;

    private async Task<(string Root, long Bytes)> Ext4Async(
        Stream stored, Descriptor layer, Digest diffId, string name, WatchedFileCollector files, IProgress<long>? progress, CancellationToken cancel)
    {
        using var hasher = new VerityHasher(new VerityOptions { Profile = VerityProfile.Hcsshim }, keepDigests: true);
        await WriteExt4Async(new HashedDevice(hasher, progress), stored, layer, diffId, name, files, cancel).ConfigureAwait(false);
        var bytes = hasher.Length;
        return (hasher.Finish().Hex, bytes);
    }

    internal async Task WriteExt4Async(
        IExt4Device device, Stream stored, Descriptor layer, Digest diffId, string name, WatchedFileCollector files, CancellationToken cancel)
    {
        await using var reader = await LayerReader.OpenAsync(stored, layer, name, _limits, cancel).ConfigureAwait(false);
        var writer = new Ext4Writer(device, _limits.MaxTreeBytes, name);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            while (await reader.NextAsync(cancel).ConfigureAwait(false) is { } entry)
            {
                AddEntry(writer, entry, reader);
                var start = await files.LookAsync(entry, reader.Content, cancel).ConfigureAwait(false);
                if (entry.Size > 0)
                {
                    writer.Write(start.Span);
                    int read;
                    while ((read = await reader.Content.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
                    {
                        writer.Write(buffer.AsSpan(0, read));
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await reader.FinishAsync(diffId, cancel).ConfigureAwait(false);
        writer.Complete();
    }

    private static void AddEntry(Ext4Writer writer, TarEntry entry, LayerReader reader)
    {
        var path = LayerPath.Clean(entry.Path);
        writer.MakeParents(path, entry.Path);
        var last = entry.Path[(entry.Path.LastIndexOf('/') + 1)..];
        if (entry.Kind is not TarEntryKind.Directory && last.StartsWith(LayerPath.Whiteout, StringComparison.Ordinal))
        {
            if (entry.Size > 0)
            {
                throw new LayerException(LayerError.UnsupportedEntry, $"{Shown.Of(entry.Path)} removes something, and has content");
            }

            var directory = path[..^1];
            if (last == LayerPath.Opaque)
            {
                writer.MakeOpaque(directory, entry.Path);
            }
            else
            {
                writer.Create(
                    LayerPath.Clean($"{string.Join('/', directory)}/{last[LayerPath.Whiteout.Length..]}"), new Ext4File(UnixMode.CharacterDevice, 0, 0, 0),
                    entry.Path);
            }

            return;
        }

        if (entry.Kind is TarEntryKind.HardLink)
        {
            writer.Link(LayerPath.Clean(entry.LinkTarget), path, entry.Path);
            return;
        }

        var modified = Time(reader, "mtime") ?? Ext4Time.Of(entry.ModifiedSeconds);
        writer.Create(path, new Ext4File((ushort)(entry.Mode | TypeOf(entry.Kind)), (uint)entry.UserId, (uint)entry.GroupId, entry.Size)
        {
            Modified = modified,
            Created = modified,
            Accessed = Time(reader, "atime") ?? HeaderTime(reader.Header, 345, 476),
            Changed = Time(reader, "ctime") ?? HeaderTime(reader.Header, 357, 488),
            DeviceMajor = (uint)entry.DeviceMajor,
            DeviceMinor = (uint)entry.DeviceMinor,
            LinkTarget = Encoding.UTF8.GetBytes(entry.LinkTarget),
            Attributes = entry.ExtendedAttributes.ToDictionary(attribute => attribute.Key, attribute => attribute.Value.ToArray(), StringComparer.Ordinal),
        }, entry.Path);
    }

    private static ushort TypeOf(TarEntryKind kind) => kind switch
    {
        TarEntryKind.Directory => UnixMode.Directory,
        TarEntryKind.SymbolicLink => UnixMode.SymbolicLink,
        TarEntryKind.CharacterDevice => UnixMode.CharacterDevice,
        TarEntryKind.BlockDevice => UnixMode.BlockDevice,
        TarEntryKind.Fifo => UnixMode.Fifo,
        _ => UnixMode.Regular,
    };

    private static ulong? Time(LayerReader reader, string key) =>
        !reader.PaxHeader.TryGetValue(key, out var text) || text.IsEmpty ? null
        : Ext4Time.TryPax(text.Span, out var time) ? time
        : throw new LayerException(LayerError.UnsupportedEntry, $"the pax record '{key}' is not a time");

    // The older forms of GNU and star have these times in the header, octal, where ustar has a part of the name.
    private static ulong HeaderTime(ReadOnlySpan<byte> header, int gnu, int star)
    {
        var at = header.Slice(257, 8).SequenceEqual("ustar  \0"u8) ? gnu
            : header.Slice(257, 6).SequenceEqual("ustar\0"u8) && header.Slice(508, 4).SequenceEqual("tar\0"u8) ? star
            : 0;
        if (at == 0 || header[at] == 0)
        {
            return 0;
        }

        var seconds = 0L;
        foreach (var digit in header.Slice(at, 12).TrimEnd((byte)0).Trim((byte)' '))
        {
            seconds = digit is >= (byte)'0' and <= (byte)'7'
                ? seconds * 8 + (digit - '0')
                : throw new LayerException(LayerError.UnsupportedEntry, "a header has a time of access or change that is no octal number");
        }

        return Ext4Time.Of(seconds);
    }

    private sealed class HashedDevice(VerityHasher hasher, IProgress<long>? progress) : IExt4Device
    {
        private readonly VerityStream _stream = new(hasher, progress);

        public void Append(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

        public void AppendZeros(long count) => hasher.AppendZeros(count);

        public void Replace(long block, ReadOnlySpan<byte> content) => hasher.Replace(block, content);
    }
}
