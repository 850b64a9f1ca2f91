using System.Buffers.Binary;
using System.Security.Cryptography;
using Casemate.Measurement.Firmware;
using Casemate.Testing;

namespace Casemate.Measurement.Tests.Tdx;

/// <summary>PE images and their Authenticode digest.</summary>
public sealed class PeImageTests
{
    private const int SizeOfHeaders = 0x58 + 60;
    private const int FirstSection = 0x58 + 240;

    public static TheoryData<PeSample> Samples =>
    [
        new PeSample(),
        new PeSample { HeadersReversed = true },
        new PeSample { Trailing = [1, 2, 3, 4, 5, 6, 7] },
        new PeSample { Certificates = new byte[40], Trailing = new byte[16] },
        new PeSample { Directories = 4 },
        new PeSample { Sections = [] },
        new PeSample { Sections = [(".bss", []), (".text", new byte[700])], MoreMemory = 5000 },
    ];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Digest_IsWhatAnIndependentProgramComputes(PeSample sample)
    {
        var lines = await IndependentTdx.RunAsync("authenticode", sample.ToBytes());

        Assert.Equal($"SHA384 {Hash(sample.ToBytes())}", Assert.Single(lines));
    }

    [Fact]
    public void Digest_CoversEverythingButChecksumAndSignatures()
    {
        var signed = new PeSample { Certificates = new byte[24] };
        var digest = Hash(signed.ToBytes());

        Assert.Equal(digest, Hash((signed with { Checksum = 0 }).ToBytes()));
        Assert.Equal(digest, Hash((signed with { Certificates = [.. Enumerable.Repeat((byte)9, 24)] }).ToBytes()));
        Assert.Equal(digest, Hash((signed with { Certificates = [] }).ToBytes()));
        var image = signed.ToBytes();
        for (var at = FirstSection + 80; at < image.Length - 24; at++)
        {
            var changed = (byte[])image.Clone();
            changed[at] ^= 0x80;

            Assert.NotEqual(digest, Hash(changed));
        }
    }

    [Fact]
    public void SectionInMemory_IsItsContentFollowedByZeros()
    {
        var image = Read(new PeSample { Sections = [(".text", [1, 2, 3])], MoreMemory = 9000 }.ToBytes());
        var section = Assert.Single(image.Sections);

        Assert.Equal(".text", section.Name);
        Assert.Equal(9003u, section.VirtualSize);
        Assert.Equal(SHA384.HashData([1, 2, 3, .. new byte[9000]]), section.HashMemory());
        Assert.Same(section, image.Find(".text"));
        Assert.Null(image.Find(".data"));
    }

    public static TheoryData<string, int, uint> Malformed => new()
    {
        { "does not start with MZ", 0, 0 },
        { "no PE header", 60, 0xFFFF_FFF0 },
        { "no PE header", 0x40, 0 },
        { "headers (240 bytes and 65535 sections)", 0x46, 0x0000_FFFF },
        { "optional header (magic 0x10c", 0x58, 0x10C },
        { "is not between", SizeOfHeaders, 0x10 },
        { "is not between", SizeOfHeaders, 0xFFFF_FFFF },
        { "do not lie in the file", FirstSection + 16, 0xFFFF_FFFF },
        { "do not lie in the file", FirstSection + 20, 0xFFFF_FFFF },
        { "overlaps what is before it", FirstSection + 20, 0x10 },
        { "bytes of memory, which is more than", FirstSection + 8, 0xFFFF_FFFF },
        { "not printable ASCII", FirstSection, 0x0101_0101 },
        { "signatures are said to have", 0x58 + 112 + 36, 0xFFFF },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Refuses_MalformedImages_AndSaysWhatIsWrong(string text, int offset, uint value)
    {
        var image = new PeSample().ToBytes();
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(offset), value);

        Assert.False(PeImage.TryRead(image, out var read, out var error));
        Assert.Null(read);
        Assert.Contains(text, error, StringComparison.Ordinal);
    }

    // Each of them alone is within the limit; a file of a few kilobytes would have gigabytes of zeros hashed.
    [Fact]
    public void Refuses_SectionsThatTakeTooMuchMemoryTogether()
    {
        var image = new PeSample().ToBytes();
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(FirstSection + 8), PeImage.MaxSize - 100);
        Assert.True(PeImage.TryRead(image, out _, out var error), error);

        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(FirstSection + 40 + 8), 101);

        Assert.False(PeImage.TryRead(image, out _, out error));
        Assert.Contains("PE section 2: with it the sections take", error, StringComparison.Ordinal);
    }

    [Fact]
    public void PartitionTable_OfARealDisk_GivesTheDigestInItsEventLog()
    {
        // The event that a firmware logged and its digest: confidential-containers/trustee, deps/eventlog/test_data/CCEL_AAEL_alibabacloud.
        byte[] Entry(string ids, ulong first, ulong last) => [.. Convert.FromHexString(ids), .. BitConverter.GetBytes(first), .. BitConverter.GetBytes(last), .. new byte[80]];
        byte[] header = Convert.FromHexString(
            "4546492050415254000001005c00000082aa09cd000000000100000000000000ffffff1800000000220000000000"
            + "0000deffff180000000073481236c8a4ef46b436ffe48cb27efe02000000000000008000000080000000038a6101");
        byte[][] partitions =
        [
            Entry("4861682149646f6e744e656564454649f3957100828dc443966f4806891077cf", 0x800, 0x17FF),
            Entry("28732ac11ff8d211ba4b00a0c93ec93be1033645481ea44e8c5f31c52b72fa9f", 0x1800, 0x657FF),
            Entry("af3dc60f838472478e793d69d8477de4a07f5cd67968f842898715046731f455", 0x65800, 0x18FFFFDE),
        ];
        byte[] logged = [.. header, 3, 0, 0, 0, 0, 0, 0, 0, .. partitions.SelectMany(p => p)];
        Assert.Equal(
            "54710b8604a38a2f7485396aae1aada831880d33d543fcbede93de75f6d30b5ee88e161561191bf5c61f76c71453390b",
            Convert.ToHexStringLower(SHA384.HashData(logged)));
        var disk = new byte[40 * 512];
        logged.AsSpan(0, 92).CopyTo(disk.AsSpan(512));
        logged.AsSpan(100, 128).CopyTo(disk.AsSpan(1024));
        logged.AsSpan(228, 256).CopyTo(disk.AsSpan(1024 + (5 * 128)));

        Assert.True(PartitionTableEvent.TryRead(disk, out var data, out var error), error);
        Assert.Equal(logged, data);
    }

    [Fact]
    public void Refuses_PartitionTablesThatEndBeyondTheDisk()
    {
        var disk = new byte[4096];
        Assert.False(PartitionTableEvent.TryRead(disk, out _, out var error));
        Assert.Contains("no GUID partition table", error, StringComparison.Ordinal);
        "EFI PART"u8.CopyTo(disk.AsSpan(512));
        (disk[512 + 72], disk[512 + 80], disk[512 + 84]) = (2, 25, 128);
        Assert.False(PartitionTableEvent.TryRead(disk, out _, out error));
        Assert.Contains("end after the 4096 bytes", error, StringComparison.Ordinal);
        disk[512 + 87] = 0xFF;
        Assert.False(PartitionTableEvent.TryRead(disk, out _, out error));
        Assert.Contains("more than is read", error, StringComparison.Ordinal);
    }

    private static string Hash(byte[] image) => Convert.ToHexStringLower(Read(image).HashAuthenticode(HashAlgorithmName.SHA384));

    private static PeImage Read(byte[] image)
    {
        Assert.True(PeImage.TryRead(image, out var read, out var error), error);
        return read;
    }
}
