using System.Formats.Asn1;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Dcap;

/// <summary>Writes the SGX extension of a PCK certificate. Source: Intel SGX PCK Certificate and CRL Profile, section 1.3.5.</summary>
internal static class PckExtension
{
    private const string Base = Oids.SgxExtension;

    public static byte[] Encode(SgxMachine machine, byte[] ppid, byte[] platformInstanceId)
    {
        FieldSize.Require(machine.Fmspc, 6, nameof(machine.Fmspc));
        FieldSize.Require(machine.PceId, 2, nameof(machine.PceId));
        FieldSize.Require(machine.ComponentSvns, 16, nameof(machine.ComponentSvns));
        FieldSize.Require(ppid, 16, nameof(machine.Ppid));
        FieldSize.Require(platformInstanceId, 16, nameof(machine.PlatformInstanceId));
        return Extensions.Encode(w =>
        {
            using (w.PushSequence())
            {
                Entry(w, "1", () => w.WriteOctetString(ppid));
                Entry(w, "2", () => WriteTcb(w, machine));
                Entry(w, "3", () => w.WriteOctetString(machine.PceId));
                Entry(w, "4", () => w.WriteOctetString(machine.Fmspc));
                Entry(w, "5", () => w.WriteEnumeratedValue(machine.SgxType));
                if (machine.PlatformCa)
                {
                    Entry(w, "6", () => w.WriteOctetString(platformInstanceId));
                    Entry(w, "7", () => WriteConfiguration(w, machine));
                }
            }
        });
    }

    /// <summary>The machine's CPUSVN: its own, or its component SVNs.</summary>
    public static byte[] CpuSvn(SgxMachine machine)
    {
        var value = machine.CpuSvn ?? machine.ComponentSvns;
        FieldSize.Require(value, 16, nameof(machine.CpuSvn));
        return value;
    }

    private static void WriteTcb(AsnWriter writer, SgxMachine machine)
    {
        using (writer.PushSequence())
        {
            for (var i = 0; i < 16; i++)
            {
                var svn = machine.ComponentSvns[i];
                Entry(writer, $"2.{i + 1}", () => writer.WriteInteger(svn));
            }

            Entry(writer, "2.17", () => writer.WriteInteger(machine.PceSvn));
            Entry(writer, "2.18", () => writer.WriteOctetString(CpuSvn(machine)));
        }
    }

    private static void WriteConfiguration(AsnWriter writer, SgxMachine machine)
    {
        using (writer.PushSequence())
        {
            Entry(writer, "7.1", () => writer.WriteBoolean(machine.DynamicPlatform));
            Entry(writer, "7.2", () => writer.WriteBoolean(machine.CachedKeys));
            Entry(writer, "7.3", () => writer.WriteBoolean(machine.SmtEnabled));
        }
    }

    private static void Entry(AsnWriter writer, string number, Action writeValue)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier($"{Base}.{number}");
            writeValue();
        }
    }
}
