using Casemate.Attestation.Pki;
using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Sgx;

/// <summary>
/// Reads Intel's SGX extension of a PCK certificate, OID 1.2.840.113741.1.13.1.
/// Source: Intel SGX PCK Certificate and CRL Profile, section 1.3.5.
/// </summary>
internal static class SgxExtension
{
    /// <summary>Reads the extension of a certificate.</summary>
    /// <param name="certificate">The PCK certificate.</param>
    /// <param name="platformCa">True under the Platform CA, which must give instance id and configuration.</param>
    /// <param name="platform">What it says of the machine, or null.</param>
    /// <param name="cpuSvn">CPUSVN of the certificate's TCB, 16 bytes.</param>
    /// <returns>What is wrong; empty on success.</returns>
    public static string Read(Certificate certificate, bool platformCa, out PckPlatform? platform, out byte[] cpuSvn)
    {
        (platform, cpuSvn) = (null, []);
        if (!certificate.TryGetExtension(Oid.SgxExtension, out var value))
        {
            return "the PCK certificate has no SGX extension";
        }

        var reader = new DerReader(value);
        if (!reader.TryReadSequence(out var members) || !reader.IsEmpty)
        {
            return "the SGX extension is not one SEQUENCE";
        }

        byte[]? ppid = null, pceId = null, fmspc = null, instance = null, components = null;
        var (pceSvn, sgxType) = (-1, -1);
        Span<bool?> configuration = [null, null, null];
        var hasConfiguration = false;
        while (!members.IsEmpty)
        {
            if (!members.TryReadSequence(out var member) || !TryReadNumber(ref member, Oid.SgxExtension, out var number))
            {
                return "the SGX extension holds something else than (OID, value) under its own OID";
            }

            var ok = number switch
            {
                1 => ppid is null && TryReadBytes(ref member, 16, out ppid),
                2 => components is null && TryReadTcb(ref member, out components, out pceSvn, out cpuSvn),
                3 => pceId is null && TryReadBytes(ref member, 2, out pceId),
                4 => fmspc is null && TryReadBytes(ref member, 6, out fmspc),
                5 => sgxType < 0 && TryReadEnumerated(ref member, 2, out sgxType),
                6 => instance is null && TryReadBytes(ref member, 16, out instance),
                7 => !hasConfiguration && (hasConfiguration = TryReadConfiguration(ref member, configuration)),
                _ => true,                                                  // members that Intel may add
            };
            if (!ok || (number <= 7 && !member.IsEmpty))
            {
                return $"member .{number} of the SGX extension is malformed or repeated";
            }
        }

        if (ppid is null || components is null || pceId is null || fmspc is null || sgxType < 0)
        {
            return "the SGX extension lacks one of PPID, TCB, PCEID, FMSPC, SGXType";
        }

        if (platformCa && (instance is null || !hasConfiguration))
        {
            return "the SGX extension lacks platform instance id or configuration, which the Platform CA must give";
        }

        platform = new PckPlatform
        {
            Ppid = ppid,
            PceId = pceId,
            Fmspc = fmspc,
            ComponentSvns = components,
            PceSvn = (ushort)pceSvn,
            SgxType = (SgxType)sgxType,
            PlatformInstanceId = instance,
            DynamicPlatform = configuration[0],
            CachedKeys = configuration[1],
            SmtEnabled = configuration[2],
        };
        return "";
    }

    private static bool TryReadTcb(ref DerReader member, out byte[]? components, out int pceSvn, out byte[] cpuSvn)
    {
        (components, pceSvn, cpuSvn) = (null, -1, []);
        if (!member.TryReadSequence(out var tcb))
        {
            return false;
        }

        var found = new byte[16];
        var seen = 0;
        byte[]? svn = null;
        while (!tcb.IsEmpty)
        {
            if (!tcb.TryReadSequence(out var entry)
                || !TryReadNumber(ref entry, [.. Oid.SgxExtension, 2], out var number) || number is < 1 or > 18
                || (seen & (1 << number)) != 0)
            {
                return false;
            }

            seen |= 1 << number;
            var ok = number switch
            {
                18 => TryReadBytes(ref entry, 16, out svn),
                17 => TryReadInteger(ref entry, ushort.MaxValue, out pceSvn),
                _ => TryReadInteger(ref entry, byte.MaxValue, out var component) && (found[number - 1] = (byte)component) == component,
            };
            if (!ok || !entry.IsEmpty)
            {
                return false;
            }
        }

        (components, cpuSvn) = (found, svn ?? []);
        return seen == 0b111_1111_1111_1111_1110;
    }

    private static bool TryReadConfiguration(ref DerReader member, scoped Span<bool?> configuration)
    {
        if (!member.TryReadSequence(out var flags))
        {
            return false;
        }

        while (!flags.IsEmpty)
        {
            if (!flags.TryReadSequence(out var flag) || !TryReadNumber(ref flag, [.. Oid.SgxExtension, 7], out var number)
                || !flag.TryReadBoolean(out var value) || !flag.IsEmpty)
            {
                return false;
            }

            if (number is >= 1 and <= 3)
            {
                if (configuration[number - 1] is not null)
                {
                    return false;
                }

                configuration[number - 1] = value;
            }
        }

        return true;
    }

    // The OIDs of members are the extension's OID and one more arc, below 128, so one octet.
    private static bool TryReadNumber(ref DerReader reader, scoped ReadOnlySpan<byte> prefix, out int number)
    {
        number = 0;
        if (!reader.TryReadOid(out var oid) || oid.Length != prefix.Length + 1 || !oid.StartsWith(prefix) || oid[^1] >= 0x80)
        {
            return false;
        }

        number = oid[^1];
        return true;
    }

    private static bool TryReadBytes(ref DerReader reader, int size, out byte[]? bytes)
    {
        bytes = reader.TryReadOctetString(out var content) && content.Length == size ? content.ToArray() : null;
        return bytes is not null;
    }

    private static bool TryReadInteger(ref DerReader reader, uint maximum, out int value)
    {
        var ok = reader.TryReadUInt32(DerTag.Integer, maximum, out var number);
        value = (int)number;
        return ok;
    }

    private static bool TryReadEnumerated(ref DerReader reader, uint maximum, out int value)
    {
        var ok = reader.TryReadUInt32(DerTag.Enumerated, maximum, out var number);
        value = ok ? (int)number : -1;
        return ok;
    }
}
