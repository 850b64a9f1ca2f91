using System.Collections.Immutable;

namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>SEV-SNP evidence as it travels in the key broker protocol, read but not verified.</summary>
/// <param name="Report">The 1184 bytes of the report, rebuilt from the members that the guest sent.</param>
/// <param name="Certificates">The certificates that came along, in their order; empty when none did.</param>
public sealed record KbsSnpEvidence(byte[] Report, ImmutableArray<KbsCertificate> Certificates)
{
    /// <summary>Finds the content of the first certificate of a type; null when there is none.</summary>
    /// <param name="type">A type of <see cref="KbsCertificate"/>.</param>
    public byte[]? Find(string type)
    {
        foreach (var certificate in Certificates)
        {
            if (certificate.Type == type)
            {
                return certificate.Data;
            }
        }

        return null;
    }
}
