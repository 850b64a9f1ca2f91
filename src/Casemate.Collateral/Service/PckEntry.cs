using System.Buffers.Binary;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Sgx;

namespace Casemate.Collateral.Service;

/// <summary>One verified PCK certificate.</summary>
/// <param name="Chain">The certificate with its issuers.</param>
/// <param name="Platform">What it says of the machine.</param>
/// <param name="CpuSvn">CPUSVN, 16 bytes.</param>
internal sealed record PckEntry(PckChain Chain, PckPlatform Platform, byte[] CpuSvn)
{
    /// <summary>Orders by TCB, highest first. Lexical order respects the order by components where there is one.</summary>
    public static IComparer<PckEntry> NewestFirst { get; } = Comparer<PckEntry>.Create((a, b) =>
    {
        var order = b.Platform.ComponentSvns.AsSpan().SequenceCompareTo(a.Platform.ComponentSvns);
        return order != 0 ? order : b.Platform.PceSvn.CompareTo(a.Platform.PceSvn);
    });

    /// <summary>CPUSVN and PCESVN (low byte first), 36 hex digits, lower case.</summary>
    public string Tcbm
    {
        get
        {
            Span<byte> pceSvn = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(pceSvn, Platform.PceSvn);
            return Convert.ToHexStringLower(CpuSvn) + Convert.ToHexStringLower(pceSvn);
        }
    }

    /// <summary>The certificate alone, PEM.</summary>
    public byte[] LeafPem() => PemText.WriteCertificates([Chain.Leaf.Der]);

    /// <summary>CA and root, PEM.</summary>
    public byte[] IssuersPem() => PemText.WriteCertificates([Chain.Ca.Der, Chain.Root.Der]);

    /// <summary>Whether no component of its TCB is above that of a machine.</summary>
    public bool IsAtMost(ReadOnlySpan<byte> cpuSvn, ushort pceSvn)
    {
        for (var i = 0; i < 16; i++)
        {
            if (Platform.ComponentSvns[i] > cpuSvn[i])
            {
                return false;
            }
        }

        return Platform.PceSvn <= pceSvn;
    }

    /// <summary>Whether no component of its TCB is below a level's.</summary>
    public bool IsAtLeast(TcbLevel level)
    {
        for (var i = 0; i < 16; i++)
        {
            if (Platform.ComponentSvns[i] < level.SgxComponents[i])
            {
                return false;
            }
        }

        return Platform.PceSvn >= level.PceSvn;
    }
}
