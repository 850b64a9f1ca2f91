using System.Globalization;
using System.Text;
using Casemate.Attestation;
using Casemate.Quoting.Devices;

namespace Casemate.Quoting.Tsm;

/// <summary>
/// One request in a directory of its own. The kernel counts every write to the directory in <c>generation</c>: only when the count grew
/// by exactly our writes, and not at all while the answer was read, is the answer one to our question.
/// </summary>
internal readonly ref struct TsmRequest(ITsmTree tree, string name, Tee tee, TsmReportOptions options)
{
    private const int MaximumBlob = 64 * 1024;
    private const int MaximumText = 256;

    /// <summary>Asks and reads.</summary>
    /// <exception cref="TsmAttemptException">It did not work out.</exception>
    public GuestEvidence Run(ReadOnlySpan<byte> reportData)
    {
        var expected = Generation();
        expected += WriteOptions();
        Write("inblob", reportData);
        expected++;
        if (Generation() is var written && written != expected)
        {
            throw TsmAttemptException.Race($"the generation is {written} after our writes, not {expected}");
        }

        // TDX: this read makes the quote, and takes as long as the host takes.
        var outblob = Read("outblob", MaximumBlob, optional: false);
        var auxblob = Read("auxblob", MaximumBlob, optional: true);
        var manifest = options.ServiceProvider is null ? [] : Read("manifestblob", MaximumBlob, optional: false);
        if (Generation() is var read && read != expected)
        {
            throw TsmAttemptException.Race($"the generation went from {expected} to {read} while the report was read");
        }

        return GuestReportData.Problem(tee, outblob, reportData) is { } problem
            ? throw TsmAttemptException.BadAnswer(problem)
            : new GuestEvidence(tee, outblob) { CertificateTable = tee is Tee.Snp ? auxblob : [], Manifest = manifest };
    }

    private uint WriteOptions()
    {
        var writes = 0u;
        if (options.PrivilegeLevel is { } level)
        {
            var floor = Number("privlevel_floor");
            if (level < floor)
            {
                throw TsmAttemptException.Refused(
                    $"the guest runs at VMPL {floor} and cannot get a report for VMPL {level}; ask for {floor} to 3", isTransient: false);
            }

            Write("privlevel", Text(level));
            writes++;
        }

        if (options.ServiceProvider is { } service)
        {
            Write("service_provider", Encoding.ASCII.GetBytes(service));
            writes++;
            if (options.ServiceGuid is { } id)
            {
                Write("service_guid", Encoding.ASCII.GetBytes(id.ToString("D")));
                writes++;
            }

            if (options.ServiceManifestVersion is { } version)
            {
                Write("service_manifest_version", Text(version));
                writes++;
            }
        }

        return writes;
    }

    private uint Generation() => Number("generation");

    private uint Number(string attribute)
    {
        var text = Encoding.ASCII.GetString(Read(attribute, MaximumText, optional: false)).Trim();

        // The kernel's counter is an unsigned long that may wrap; its low half is all that a comparison within one request needs.
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? (uint)value
            : throw TsmAttemptException.Refused($"{attribute} is not a number", isTransient: false);
    }

    private static byte[] Text<T>(T value)
        where T : IFormattable => Encoding.ASCII.GetBytes(value.ToString(null, CultureInfo.InvariantCulture));

    private void Write(string attribute, ReadOnlySpan<byte> value)
    {
        var result = tree.Write(name, attribute, value);
        if (result < 0)
        {
            throw TsmAttemptException.Kernel($"writing {attribute}", -result);
        }
    }

    private byte[] Read(string attribute, int limit, bool optional)
    {
        var result = tree.Read(name, attribute, limit, out var value);
        return result >= 0 || (optional && result == -ErrorNumber.NoEntry)
            ? value
            : throw TsmAttemptException.Kernel($"reading {attribute}", -result);
    }
}
