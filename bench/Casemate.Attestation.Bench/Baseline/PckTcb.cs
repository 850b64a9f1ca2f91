using System.Formats.Asn1;

namespace Casemate.Attestation.Bench.Baseline;

/// <summary>What a PCK certificate's SGX extension says of the platform's TCB.</summary>
internal sealed class PckTcb
{
    private const string Extension = "1.2.840.113741.1.13.1";

    public PckTcb(ParsedCertificate pck)
    {
        for (var members = new AsnReader(pck.Extension(Extension), AsnEncodingRules.DER).ReadSequence(); members.HasData;)
        {
            var member = members.ReadSequence();
            switch (member.ReadObjectIdentifier())
            {
                case Extension + ".2":
                    ReadTcb(member.ReadSequence());
                    break;
                case Extension + ".3":
                    PceId = member.ReadOctetString();
                    break;
                case Extension + ".4":
                    Fmspc = member.ReadOctetString();
                    break;
            }
        }
    }

    public byte[] Fmspc { get; private set; } = [];

    public byte[] PceId { get; private set; } = [];

    public int[] ComponentSvns { get; } = new int[16];

    public int PceSvn { get; private set; }

    private void ReadTcb(AsnReader members)
    {
        for (var index = 0; members.HasData; index++)
        {
            var member = members.ReadSequence();
            _ = member.ReadObjectIdentifier();
            if (index < ComponentSvns.Length)
            {
                ComponentSvns[index] = (int)member.ReadInteger();
            }
            else if (index == ComponentSvns.Length)
            {
                PceSvn = (int)member.ReadInteger();
            }
        }
    }
}
