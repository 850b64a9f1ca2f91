using System.Collections.Immutable;
using System.Formats.Asn1;

namespace Casemate.Simulator.Pki;

/// <summary>
/// A name of single-valued attributes in a fixed order. Countries are PrintableString, all else UTF8String, as at both vendors.
/// </summary>
internal sealed record DistinguishedName(ImmutableArray<(string Type, string Value)> Attributes)
{
    /// <summary>The organisation in every simulated Intel name: the one attribute that differs from the real ones.</summary>
    public const string SimulatorOrganization = "Casemate Simulator (not hardware)";

    /// <summary>Attributes and order of Intel's names (Intel SGX PCK Certificate and CRL Profile, section 1.3.2).</summary>
    public static DistinguishedName Intel(string commonName) => new(
    [
        (Oids.CommonName, commonName),
        (Oids.Organization, SimulatorOrganization),
        (Oids.Locality, "Santa Clara"),
        (Oids.State, "CA"),
        (Oids.Country, "US"),
    ]);

    /// <summary>AMD's names, exactly (AMD 57230, section 3): third-party verifiers compare every attribute.</summary>
    public static DistinguishedName Amd(string commonName) => new(
    [
        (Oids.OrganizationalUnit, "Engineering"),
        (Oids.Country, "US"),
        (Oids.Locality, "Santa Clara"),
        (Oids.State, "CA"),
        (Oids.Organization, "Advanced Micro Devices"),
        (Oids.CommonName, commonName),
    ]);

    /// <summary>A copy with another value of one attribute; null leaves it as it is.</summary>
    public DistinguishedName With(string type, string? value) => value is null
        ? this
        : new([.. Attributes.Select(a => a.Type == type ? (type, value) : a)]);

    /// <summary>Writes the Name (RFC 5280 section 4.1.2.4).</summary>
    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            foreach (var (type, value) in Attributes)
            {
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(type);
                    writer.WriteCharacterString(
                        type == Oids.Country ? UniversalTagNumber.PrintableString : UniversalTagNumber.UTF8String, value);
                }
            }
        }
    }
}
