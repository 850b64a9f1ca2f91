using Casemate.Oci.Zstandard;
using Casemate.Testing;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Data compressed with zstd, without the checksums that would end every try at the first look.</summary>
public static class ZstandardTargets
{
    private const int MaxWindow = 1 << 20;
    private const int MaxRead = 1 << 18;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("zstandard", Run, [
            Vector("small-no-checksum"), WithoutChecksum(Vector("small")), WithoutChecksum(Vector("four-letters")), WithoutChecksum(Vector("zeros")),
            StoredZstandard.Of([1, 2, 3, .. new byte[600], 4]),
            [.. StoredZstandard.Of("ab"u8), 0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9, .. WithoutChecksum(Vector("one-byte"))]]),
    ];

    // In one piece and in many the data gives the same bytes, and fails at the same place for the same reason.
    private static bool Run(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        var (plain, refusal) = Read(new MemoryStream(bytes), 1 << 14);
        var (pieces, refusalOfPieces) = Read(new OciTargets.PieceStream(bytes, 77), 1000);
        Require(plain.AsSpan().SequenceEqual(pieces) && refusal == refusalOfPieces, "pieces are read otherwise than the whole", input);
        Require(plain.Length <= (input.Length / 4L + 1) * FrameHeader.BlockMaximumSize, "more came out than the blocks can hold", input);
        Require(refusal is null || (refusal.Length > 0 && !refusal.Any(char.IsControl)), "a refusal that is not fit to be shown", input);
        return refusal is null;
    }

    private static (byte[] Plain, string? Refusal) Read(Stream source, int piece)
    {
        using var stream = new ZstandardStream(source, MaxWindow);
        using var plain = new MemoryStream();
        var buffer = new byte[piece];
        try
        {
            for (int read; plain.Length < MaxRead && (read = stream.Read(buffer.AsSpan(0, (int)Math.Min(piece, MaxRead - plain.Length)))) > 0;)
            {
                plain.Write(buffer, 0, read);
            }

            return (plain.ToArray(), null);
        }
        catch (ZstandardException failure)
        {
            return (plain.ToArray(), failure.Message);
        }
    }

    private static byte[] Vector(string name) => File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "zstd", name + ".zst"));

    private static byte[] WithoutChecksum(byte[] frame)
    {
        frame[4] &= 0xFB;
        return frame[..^4];
    }
}
