using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Tar;

namespace Casemate.Fuzz;

/// <summary>Layers from strangers that become block devices.</summary>
public static class LayerDeviceTargets
{
    private static readonly OciLimits s_limits = new() { MaxUnpackedBytes = 1 << 20, MaxLayerEntries = 64, MaxTreeBytes = 1 << 20 };

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("tarfs", input => Root(OciTargets.WithChecksums(input), LayerProfile.Tarfs), [Plain(), Odd()]),
        new("tarfs-v1", input => Root(OciTargets.WithChecksums(input), LayerProfile.TarfsV1), [Plain(), Odd()]),
        new("tar-ext4", input => Root(OciTargets.WithChecksums(input), LayerProfile.Ext4), [Plain()]),
    ];

    private static bool Root(byte[] layer, LayerProfile profile)
    {
        var descriptor = Descriptor.Of(MediaTypes.Layer, layer);
        var source = new OneLayer(layer, descriptor);
        try
        {
            var root = new LayerRoots(limits: s_limits).ComputeAsync(source, descriptor, descriptor.Digest, profile).GetAwaiter().GetResult();
            var again = new LayerRoots(limits: s_limits).ComputeAsync(source, descriptor, descriptor.Digest, profile).GetAwaiter().GetResult();
            AttestationTargets.Require(root.RootHash == again.RootHash && root.DeviceBytes == again.DeviceBytes, "two roots of one layer", layer);
            AttestationTargets.Require(root.DeviceBytes < layer.Length + (16 << 20), "a device far larger than its layer", layer);
            return true;
        }
        catch (Exception refused) when (refused is OciException or LayerException)
        {
            return false;
        }
    }

    private static byte[] Plain() => Archive(
        new TarEntry("etc", TarEntryKind.Directory), new TarEntry("etc/passwd", TarEntryKind.File) { Size = 5 },
        new TarEntry("etc/.wh.group", TarEntryKind.File), new TarEntry("etc/.wh..wh..opq", TarEntryKind.File),
        new TarEntry("link", TarEntryKind.SymbolicLink) { LinkTarget = new string('t', 80) },
        new TarEntry("twin", TarEntryKind.HardLink) { LinkTarget = "etc/passwd" },
        new TarEntry("null", TarEntryKind.CharacterDevice) { DeviceMajor = 1, DeviceMinor = 3 },
        new TarEntry("large", TarEntryKind.File)
        {
            Size = 9000,
            ExtendedAttributes = new Dictionary<string, ReadOnlyMemory<byte>> { ["user.a"] = new byte[300], ["security.b"] = new byte[3] },
        });

    private static byte[] Odd() => Archive(
        new TarEntry("a/b/c", TarEntryKind.File) { Size = 600 }, new TarEntry("./", TarEntryKind.Directory), new TarEntry("x", TarEntryKind.File),
        new TarEntry("y", TarEntryKind.HardLink) { LinkTarget = "missing/z" }, new TarEntry("../up", TarEntryKind.File),
        new TarEntry("y", TarEntryKind.HardLink) { LinkTarget = "x" }, new TarEntry("s", TarEntryKind.SymbolicLink) { LinkTarget = "x" },
        new TarEntry("s/below", TarEntryKind.File));

    private static byte[] Archive(params TarEntry[] entries)
    {
        var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        foreach (var entry in entries)
        {
            writer.WriteAsync(entry, new MemoryStream(new byte[entry.Size]), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        archive.Write(new byte[1024]);
        return archive.ToArray();
    }

    private sealed class OneLayer(byte[] layer, Descriptor descriptor) : IImageSource
    {
        public string Name => "fuzz";

        public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) => Task.FromResult(descriptor);

        public Task<Stream> OpenAsync(Descriptor asked, CancellationToken cancel) => Task.FromResult<Stream>(new MemoryStream(layer));

        public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
            Task.FromResult<IReadOnlyList<Descriptor>>([]);
    }
}
