using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Nvidia;

namespace Casemate.Attestation.Tests.Nvidia;

/// <summary>A GPU in software with a root of its own. Every part of certificates and report can be made wrong on its own.</summary>
internal sealed class GpuDevice
{
    private static readonly Lazy<ECDsa> s_rootKey = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP384));
    private static readonly Lazy<ECDsa> s_key = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP384));
    private static readonly X500DistinguishedName s_rootName = new("CN=GPU root, O=Casemate tests");

    private static readonly Lazy<byte[]> s_root = new(() =>
    {
        var request = new CertificateRequest(s_rootName, s_rootKey.Value, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var certificate = request.CreateSelfSigned(Simulated.Noon.AddYears(-5), Simulated.Noon.AddYears(5));
        return certificate.RawData;
    });

    public static byte[] Root => s_root.Value;

    public static byte[] FirmwareId { get; } = Simulated.Bytes(48, 0x60);

    public static byte[] Nonce { get; } = Simulated.Bytes(32, 0x20);

    public static GpuTrustRoots Roots => GpuTrustRoots.None.AllowSimulatedRoot(Root);

    /// <summary>FWID in the certificate; null: no such extension.</summary>
    public byte[]? CertifiedFirmwareId { get; init; } = FirmwareId;

    /// <summary>OID of the FWID's hash.</summary>
    public string FirmwareIdHash { get; init; } = "2.16.840.1.101.3.4.2.2";

    public ImmutableArray<(byte Index, byte[] Digest)> Measurements { get; init; } =
        [(1, Simulated.Bytes(48, 1)), (9, Simulated.Bytes(48, 9)), (35, Simulated.Bytes(48, 35))];

    /// <summary>Opaque data of the answer: kind and content.</summary>
    public ImmutableArray<(ushort Kind, byte[] Content)> Opaque { get; init; } =
        [(3, "535.86.09\0"u8.ToArray()), (6, [0x00, 0x5E, 0x00, 0x96, 0x01, 0x00, 0x00, 0x00]), (20, FirmwareId)];

    public string ChainPem()
    {
        var request = new CertificateRequest("CN=GH100 Simulated, O=Casemate tests", s_key.Value, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        if (CertifiedFirmwareId is { } id)
        {
            request.CertificateExtensions.Add(new X509Extension("2.23.133.5.4.1", Extension(id), critical: false));
        }

        using var leaf = request.Create(
            s_rootName, X509SignatureGenerator.CreateForECDsa(s_rootKey.Value), Simulated.Noon.AddMonths(-6), Simulated.Noon.AddMonths(6),
            [2]);
        return leaf.ExportCertificatePem() + "\n" + PemEncoding.WriteString("CERTIFICATE", Root) + "\n";
    }

    public byte[] Report()
    {
        var record = Measurements.SelectMany(m => (byte[])
            [m.Index, 1, .. UInt16(m.Digest.Length + 3), 0x00, .. UInt16(m.Digest.Length), .. m.Digest]).ToArray();
        var opaque = Opaque.SelectMany(o => (byte[])[.. UInt16(o.Kind), .. UInt16(o.Content.Length), .. o.Content]).ToArray();
        byte[] signed =
        [
            0x11, 0xE0, 0x01, 0xFF, .. Nonce, 0x00,
            0x11, 0x60, 0x00, 0x00, (byte)Measurements.Length, (byte)record.Length, (byte)(record.Length >> 8), 0x00, .. record,
            .. new byte[32], .. UInt16(opaque.Length), .. opaque,
        ];
        return Sign(signed);
    }

    /// <summary>Signs request and answer, so that what was changed before is what the device said.</summary>
    public static byte[] Sign(byte[] signed) => [.. signed, .. s_key.Value.SignData(signed, HashAlgorithmName.SHA384)];

    private byte[] Extension(byte[] id)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteEncodedValue(s_rootKey.Value.ExportSubjectPublicKeyInfo());
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(FirmwareIdHash);
                writer.WriteOctetString(id);
            }
        }

        return writer.Encode();
    }

    private static byte[] UInt16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }
}
