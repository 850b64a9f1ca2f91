using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// The quoting enclave: puts header and body together, signs them with the attestation key, and attaches what certifies that key.
/// Source: Intel DCAP, <c>sgx_quote_3.h</c>, <c>sgx_quote_4.h</c>, <c>sgx_quote_5.h</c>.
/// </summary>
internal sealed class QuoteWriter(DcapPki pki, DcapScenario scenario, QuotingEnclave enclave, EcSigningKey attestationKey, byte[] qeId)
{
    private const int HeaderSize = 48;
    private const ushort AttestationKeyTypeEcdsaP256 = 2;
    private const uint TeeTypeSgx = 0x00;
    private const uint TeeTypeTdx = 0x81;
    private const int MaximumAuthenticationData = 1024;

    private static ReadOnlySpan<byte> IntelQeVendorId =>
        [0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9, 0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07];

    /// <summary>Makes a quote.</summary>
    /// <param name="version">3, 4 or 5.</param>
    /// <param name="tdx">True for a TD report.</param>
    /// <param name="bodyType">Body type; written in version 5 only.</param>
    /// <param name="body">The report.</param>
    public byte[] Write(int version, bool tdx, ushort bodyType, ReadOnlySpan<byte> body)
    {
        var signedPart = new MemoryStream();
        signedPart.Write(Header(version, tdx));
        if (version == 5)
        {
            WriteUInt16(signedPart, bodyType);
            WriteUInt32(signedPart, (uint)body.Length);
        }

        signedPart.Write(body);
        var message = signedPart.ToArray();
        BytePatch.Apply(scenario.QuotePatches, message);

        var authentication = version == 3 ? AuthenticationV3(message) : AuthenticationV4(message);
        var quote = new MemoryStream();
        quote.Write(message);
        WriteUInt32(quote, (uint)authentication.Length);
        quote.Write(authentication);
        return quote.ToArray();
    }

    /// <summary>
    /// Signs a version 3 quote anew whose report body was replaced: the body at 48 and the signature at 436 are all that differs
    /// between two quotes of one quoting enclave.
    /// </summary>
    /// <param name="quote">A quote that <see cref="Write"/> made with version 3; changed in place.</param>
    /// <param name="body">The report body, 384 bytes.</param>
    public void ReplaceBody(Span<byte> quote, ReadOnlySpan<byte> body)
    {
        body.CopyTo(quote[HeaderSize..]);
        var message = quote[..(HeaderSize + SgxReportWriter.Size)];
        BytePatch.Apply(scenario.QuotePatches, message);
        QuoteSigner.SignFixed(message).CopyTo(quote[(message.Length + 4)..]);
    }

    private EcSigningKey QuoteSigner => scenario.Signers.Quote is SignedBy.Owner ? attestationKey : pki.PckKey(SignedBy.Stranger);

    private static void WriteUInt16(MemoryStream stream, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void WriteUInt32(MemoryStream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private byte[] Header(int version, bool tdx)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)version);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), AttestationKeyTypeEcdsaP256);
        if (version == 3)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), enclave.IsvSvn);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), scenario.Machine.PceSvn);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), tdx ? TeeTypeTdx : TeeTypeSgx);
        }

        IntelQeVendorId.CopyTo(header.AsSpan(12));
        qeId.CopyTo(header.AsSpan(28));
        return header;
    }

    private byte[] AuthenticationV3(byte[] message)
    {
        var stream = new MemoryStream();
        WriteSignatureAndKey(stream, message);
        WriteQeReportAndBelow(stream);
        return stream.ToArray();
    }

    // From version 4 on, all that certifies the attestation key is the content of certification data of type 6.
    private byte[] AuthenticationV4(byte[] message)
    {
        var certification = new MemoryStream();
        WriteQeReportAndBelow(certification);

        var stream = new MemoryStream();
        WriteSignatureAndKey(stream, message);
        WriteUInt16(stream, 6);
        WriteUInt32(stream, (uint)certification.Length);
        stream.Write(certification.ToArray());
        return stream.ToArray();
    }

    private void WriteSignatureAndKey(MemoryStream stream, byte[] message)
    {
        stream.Write(QuoteSigner.SignFixed(message));
        stream.Write(attestationKey.PublicPoint);
    }

    private void WriteQeReportAndBelow(MemoryStream stream)
    {
        FieldSize.RequireRange(enclave.AuthenticationData, 0, MaximumAuthenticationData, nameof(enclave.AuthenticationData));
        var report = SgxReportWriter.Write(enclave, PckExtension.CpuSvn(scenario.Machine), enclave.ReportData ?? Binding());
        BytePatch.Apply(scenario.QeReportPatches, report);
        stream.Write(report);
        stream.Write(pki.PckKey(scenario.Signers.QeReport).SignFixed(report));
        WriteUInt16(stream, (ushort)enclave.AuthenticationData.Length);
        stream.Write(enclave.AuthenticationData);

        var certification = CertificationData();
        WriteUInt16(stream, (ushort)scenario.CertificationDataType);
        WriteUInt32(stream, (uint)certification.Length);
        stream.Write(certification);
    }

    private byte[] Binding()
    {
        var binding = new byte[64];
        SHA256.HashData([.. attestationKey.PublicPoint, .. enclave.AuthenticationData]).CopyTo(binding, 0);
        return binding;
    }

    private byte[] CertificationData() => scenario.CertificationDataType switch
    {
        1 => [.. scenario.CertifiedMachine?.Ppid ?? pki.Ppid, .. PlatformTcb()],
        2 => [.. pki.EncryptedPpid(256), .. PlatformTcb()],
        3 => [.. pki.EncryptedPpid(384), .. PlatformTcb()],
        4 => Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", pki.PckDer) + "\n"),
        5 => Encoding.ASCII.GetBytes(pki.PckChainPem + "\0"),
        var other => throw new ArgumentOutOfRangeException(
            nameof(scenario), other, $"{nameof(scenario.CertificationDataType)} is 1, 2, 3, 4 or 5."),
    };

    private byte[] PlatformTcb()
    {
        var machine = scenario.CertifiedMachine ?? scenario.Machine;
        var tcb = new byte[20];
        PckExtension.CpuSvn(machine).CopyTo(tcb, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(tcb.AsSpan(16), machine.PceSvn);
        FieldSize.Put(tcb, 18, machine.PceId, 2, nameof(machine.PceId));
        return tcb;
    }
}
