using System.Buffers.Binary;
using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Snp;

/// <summary>Writes the signed part of SEV-SNP reports, versions 2 to 5. Source: AMD 56860, ATTESTATION_REPORT.</summary>
internal static class SnpReportWriter
{
    /// <summary>The whole report.</summary>
    public const int Size = 0x4A0;

    /// <summary>The part that is signed; the signature starts here.</summary>
    public const int SignedSize = 0x2A0;

    private const uint SignatureAlgorithmEcdsaP384 = 1;

    /// <summary>Bytes of a chip id: from Turin on the rest of the field is zero.</summary>
    public static int ChipIdSize(SnpProduct product) => product is SnpProduct.Turin ? 8 : 64;

    public static byte[] Write(
        SimulatedGuest guest, SnpScenario machine, SnpProduct product, byte[] chipId, byte[] reportId, int version,
        ReadOnlySpan<byte> reportData)
    {
        var report = new byte[Size];
        var bytes = report.AsSpan();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[0x004..], guest.GuestSvn);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[0x008..], guest.Policy);
        FieldSize.Put(bytes, 0x010, guest.FamilyId, 16, nameof(guest.FamilyId));
        FieldSize.Put(bytes, 0x020, guest.ImageId, 16, nameof(guest.ImageId));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[0x030..], guest.Vmpl);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[0x034..], SignatureAlgorithmEcdsaP384);
        machine.CurrentTcb.Encode(bytes[0x038..], product);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[0x040..], machine.PlatformInfo);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[0x048..], KeyBits(guest, machine));
        FieldSize.Put(bytes, 0x050, reportData, 64, nameof(reportData));
        FieldSize.Put(bytes, 0x090, guest.Measurement, 48, nameof(guest.Measurement));
        FieldSize.Put(bytes, 0x0C0, guest.HostData, 32, nameof(guest.HostData));
        FieldSize.Put(bytes, 0x0E0, guest.IdKeyDigest, 48, nameof(guest.IdKeyDigest));
        FieldSize.Put(bytes, 0x110, guest.AuthorKeyDigest, 48, nameof(guest.AuthorKeyDigest));
        FieldSize.Put(bytes, 0x140, reportId, 32, nameof(guest.ReportId));
        bytes.Slice(0x160, 32).Fill(0xFF);
        if (guest.ReportIdMa is { } migrationAgent)
        {
            FieldSize.Put(bytes, 0x160, migrationAgent, 32, nameof(guest.ReportIdMa));
        }

        machine.ReportedTcb.Encode(bytes[0x180..], product);
        if (version >= 3)
        {
            (bytes[0x188], bytes[0x189], bytes[0x18A]) = (machine.Cpu.Family, machine.Cpu.Model, machine.Cpu.Stepping);
        }

        if (!machine.MaskChipId && machine.SigningKey is not SnpSigner.Vlek)
        {
            FieldSize.Put(bytes, 0x1A0, chipId, ChipIdSize(product), nameof(machine.ChipId));
        }

        machine.CommittedTcb.Encode(bytes[0x1E0..], product);
        WriteVersion(bytes[0x1E8..], machine.CurrentVersion);
        WriteVersion(bytes[0x1EC..], machine.CommittedVersion);
        (guest.LaunchTcb ?? machine.CurrentTcb).Encode(bytes[0x1F0..], product);
        if (version >= 5)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[0x1F8..], guest.LaunchMitigationVector ?? machine.CurrentMitigationVector);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[0x200..], machine.CurrentMitigationVector);
        }

        BytePatch.Apply(machine.ReportPatches, bytes[..SignedSize]);
        return report;
    }

    /// <summary>Puts r and s in place: little endian, 72 bytes each.</summary>
    /// <param name="report">The report.</param>
    /// <param name="signature">r and s, big endian, 48 bytes each.</param>
    public static void PutSignature(Span<byte> report, ReadOnlySpan<byte> signature)
    {
        var r = report.Slice(SignedSize, 48);
        signature[..48].CopyTo(r);
        r.Reverse();
        var s = report.Slice(SignedSize + 72, 48);
        signature[48..].CopyTo(s);
        s.Reverse();
    }

    private static uint KeyBits(SimulatedGuest guest, SnpScenario machine)
    {
        var bits = (uint)(machine.ReportedSigningKey ?? machine.SigningKey) << 2;
        bits |= guest.AuthorKeyEnabled ? 1u : 0u;
        bits |= machine.MaskChipKey ? 2u : 0u;
        return bits;
    }

    private static void WriteVersion(Span<byte> target, SnpFirmwareVersion version) =>
        (target[0], target[1], target[2]) = (version.Build, version.Minor, version.Major);
}
