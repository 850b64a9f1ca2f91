using Casemate.Measurement.Verity;

namespace Casemate.KataPolicy.Layers;

/// <summary>The root hash of a tarfs device. Source: kata-containers, tardev-snapshotter, verity.</summary>
internal static class TarfsRoot
{
    private const int BlockBytes = 4096;
    private const int DigestsPerBlock = 128;

    /// <summary>The parameters; the older form of the device need not end with a whole block, and its last bytes are not protected.</summary>
    public static VerityOptions Options(LayerProfile profile) => new() { AllowUnprotectedTail = profile is LayerProfile.TarfsV1 };

    /// <summary>Ends the device.</summary>
    /// <exception cref="LayerException"><see cref="LayerError.TooSmall"/>.</exception>
    public static string Finish(VerityHasher device)
    {
        if (device.Length < BlockBytes)
        {
            throw new LayerException(
                LayerError.TooSmall, $"a layer's device has {device.Length} bytes, less than the {BlockBytes} of one block",
                "Hosts refuse it as well; the newer form, tarfs, is always larger.");
        }

        var root = device.Finish();

        // The reference counts levels by bytes, not by whole blocks: where the bytes behind the last whole block would be the first of
        // another subtree, there is one level more, with a single digest.
        if (device.Length % BlockBytes == 0 || !IsFull(root.DataBlocks))
        {
            return root.Hex;
        }

        Span<byte> node = stackalloc byte[BlockBytes];
        node.Clear();
        root.Hash.Span.CopyTo(node);
        using var above = new VerityHasher(new VerityOptions { DataBlocks = 1 });
        above.Append(node);
        return above.Finish().Hex;
    }

    private static bool IsFull(long blocks)
    {
        while (blocks % DigestsPerBlock == 0)
        {
            blocks /= DigestsPerBlock;
        }

        return blocks == 1;
    }
}
