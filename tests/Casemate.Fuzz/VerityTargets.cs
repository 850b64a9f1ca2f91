using System.Buffers.Binary;
using System.Text;
using Casemate.Measurement.Verity;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What says how data is protected by dm-verity: superblocks of trees, kernel command lines.</summary>
public static class VerityTargets
{
    private const string Hash = "a451e9e60d13de9882a7048213746d998017f9842cfa850bda6390b030dace50";

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("verity-superblock", Superblock, [
            new VeritySuperblock(1, new Guid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), VerityAlgorithm.Sha256, 4096, 4096, 300, new byte[32]).ToBytes(),
            new VeritySuperblock(0, Guid.Empty, VerityAlgorithm.Sha512, 512, 1024, 1, new byte[] { 1 }).ToBytes()]),
        new("verity-cmdline", CommandLine, [
            Encoding.UTF8.GetBytes($"console=hvc0 rootfs_verity.scheme=dm-verity rootfs_verity.hash={Hash} quiet"),
            Encoding.UTF8.GetBytes($"roothash={Hash} systemd.verity_root_data=/dev/vda1 systemd.verity_root_hash=/dev/vda2 -- x"),
            Encoding.UTF8.GetBytes($"dm-mod.create=\"dm-verity,,,ro,0 1024 verity 1 /dev/vda1 /dev/vda2 4096 4096 128 0 sha256 {Hash} 00ff\"")]),
        new("verity-data", Data, [new byte[2 * 512], new byte[40 * 512]]),
    ];

    private static bool Superblock(ReadOnlySpan<byte> input)
    {
        if (VeritySuperblock.TryRead(input, out var superblock) is not VerityError.None)
        {
            Require(superblock is null, "refused, and given all the same", input);
            return false;
        }

        Require(superblock!.ToBytes().AsSpan().SequenceEqual(input[..VeritySuperblock.Size]), "it is written as something else", input);

        // Everything that it says is something that a hasher takes.
        using var hasher = new VerityHasher(superblock.Options);
        return true;
    }

    private static bool CommandLine(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!VerityCommandLine.TryRead(text, out var boot, out var problem))
        {
            Require(problem is { Length: > 0 } && boot is null, "refused without a reason", input);
            return false;
        }

        if (boot is null)
        {
            Require(problem is null, "nothing found, and a problem", input);
            return true;
        }

        string written;
        try
        {
            written = boot.ToCommandLine();
        }
        catch (InvalidOperationException)
        {
            return true;                                                   // a device's name that cannot be written back
        }

        Require(
            VerityCommandLine.TryRead(written, out var again, out _) && again!.ToCommandLine() == written && again.Hex == boot.Hex,
            "it is written as something else", input);
        return true;
    }

    // A root of whole blocks exists, whatever is in them, and every way of taking them in gives the same one.
    private static bool Data(ReadOnlySpan<byte> input)
    {
        if (input.Length is 0 or > 1 << 16 || input.Length % 512 != 0)
        {
            return false;
        }

        var salt = new byte[BinaryPrimitives.ReadUInt16LittleEndian(input) % 257];
        var options = new VerityOptions { DataBlockSize = 512, HashBlockSize = 512, Salt = salt, Parallelism = 1 };
        using var whole = new VerityHasher(options);
        whole.Append(input);
        using var pieces = new VerityHasher(options with { Parallelism = 2 }, keepDigests: true);
        foreach (var one in input)
        {
            pieces.Append([one]);
        }

        pieces.Replace(0, input[..512]);
        Require(whole.Finish().Hex == pieces.Finish().Hex, "pieces have another root than the whole", input);
        return true;
    }
}
