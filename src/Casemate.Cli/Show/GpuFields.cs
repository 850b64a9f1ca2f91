using System.Buffers.Binary;
using Casemate.Attestation.Nvidia;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary>Takes a GPU's report apart. Layout: DMTF DSP0274 1.1, sections 10.11.1 and 10.11.2; opaque data: NVIDIA/nvtrust.</summary>
internal static class GpuFields
{
    private const int ResponseOffset = 37;
    private const int RecordOffset = ResponseOffset + 8;

    /// <summary>Reads a report.</summary>
    /// <exception cref="MalformedInputException">It is not well-formed; the message says where.</exception>
    public static ShownEvidence Read(EvidenceFile evidence)
    {
        var bytes = evidence.Evidence.ToArray();
        if (!GpuReport.TryRead(bytes, out var report, out var error))
        {
            throw new MalformedInputException(evidence.Name, $"is not a well-formed report of a GPU: {error}");
        }

        var record = bytes[ResponseOffset + 5] | bytes[ResponseOffset + 6] << 8 | bytes[ResponseOffset + 7] << 16;
        var opaque = RecordOffset + record + GpuReport.NonceSize;
        var signature = new FieldList(report.Signature.ToArray(), report.SignedBytes.Length, machineIds: true);
        signature.Bytes("SIGNATURE", 0, report.Signature.Length, "ECDSA P-384 with SHA-384: r, then s");
        return new ShownEvidence
        {
            Tee = null,
            Format = "NVIDIA GPU report (SPDM 1.1)",
            Size = report.SignedBytes.Length + report.Signature.Length,
            Sections =
            [
                Request(bytes), Response(bytes), Measurements(bytes, RecordOffset + record, report), Opaque(bytes, opaque, report),
                signature.Named("signature"),
            ],
        };
    }

    private static ShownSection Request(byte[] bytes)
    {
        var fields = new FieldList(bytes, 0, machineIds: true);
        fields.Bytes("SPDMVersion", 0, 1, "1.1");
        fields.Bytes("RequestResponseCode", 1, 1, "GET_MEASUREMENTS");
        fields.Bytes("Param1", 2, 1);
        fields.Bytes("Param2", 3, 1);
        fields.Bytes("Nonce", 4, GpuReport.NonceSize, "chosen by who asked");
        fields.Bytes("SlotID", 36, 1);
        return fields.Named("request");
    }

    private static ShownSection Response(byte[] bytes)
    {
        var fields = new FieldList(bytes, 0, machineIds: true);
        fields.Bytes("SPDMVersion", ResponseOffset, 1, "1.1");
        fields.Bytes("RequestResponseCode", ResponseOffset + 1, 1, "MEASUREMENTS");
        fields.Bytes("Param1", ResponseOffset + 2, 1);
        fields.Bytes("Param2", ResponseOffset + 3, 1);
        fields.Number("NumberOfBlocks", ResponseOffset + 4, 1);
        fields.Number("MeasurementRecordLength", ResponseOffset + 5, 3);
        return fields.Named("answer");
    }

    private static ShownSection Measurements(byte[] bytes, int end, in GpuReport report)
    {
        var fields = new FieldList(bytes, 0, machineIds: true);
        for (var at = RecordOffset; at < end;)
        {
            var index = bytes[at];
            var digest = report.MeasurementsByIndex[index];
            fields.Bytes($"block {index}", at, 7, $"DMTF, type {bytes[at + 4]}, {digest.Length} bytes");
            fields.Bytes($"measurement {index}", at + 7, digest.Length, digest.AsSpan().ContainsAnyExcept((byte)0) ? "" : "all zero");
            at += 7 + digest.Length;
        }

        fields.Bytes("Nonce", end, GpuReport.NonceSize, "chosen by the device");
        return fields.Named("measurements");
    }

    private static ShownSection Opaque(byte[] bytes, int start, in GpuReport report)
    {
        var fields = new FieldList(bytes, 0, machineIds: true);
        fields.Number("OpaqueDataLength", start, 2);
        for (var at = start + 2; at < report.SignedBytes.Length;)
        {
            var kind = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
            int size = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 2));
            fields.Bytes($"item {kind} header", at, 4, $"{size} bytes");
            var (name, meaning) = kind switch
            {
                3 => ("driver version", report.DriverVersion ?? "not readable"),
                6 => ("VBIOS version", report.VbiosVersion ?? "not readable"),
                13 => ("protected region", ""),
                20 => ("FWID", "digest of the firmware that holds the signing key"),
                _ => ($"item {kind}", ""),
            };
            fields.Bytes(name, at + 4, size, meaning);
            at += 4 + size;
        }

        return fields.Named("opaque data");
    }
}
