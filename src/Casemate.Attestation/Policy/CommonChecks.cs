using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Policy;

/// <summary>Checks that every kind of evidence shares.</summary>
internal static class CommonChecks
{
    private const string Zero = "all zero";

    /// <summary>Compares the report data with the one that the caller expects.</summary>
    public static void ReportData(CheckList checks, EvidencePolicy policy, ReadOnlySpan<byte> actual)
    {
        if (policy.ReportData is { } expected)
        {
            var holds = CryptographicOperations.FixedTimeEquals(expected, actual);
            var hex = Hex(actual);
            checks.Judge(CheckId.ReportData, holds, holds ? hex : Hex(expected), hex);
        }
        else if (policy.AcceptUnboundEvidence)
        {
            checks.NotAsked(CheckId.ReportData, "any: not compared, so a copy of old evidence passes too");
        }
        else
        {
            checks.Judge(CheckId.ReportData, false, "report data named by the caller, so that old evidence cannot be replayed", "none was named");
        }
    }

    /// <summary>Judges a debug flag.</summary>
    public static void Debug(CheckList checks, bool isDebug, bool accepted, string what)
    {
        if (isDebug && accepted)
        {
            checks.Warn(CheckId.Debug, "debug accepted by the policy", $"debug: {what} can be inspected and protects nothing");
        }
        else
        {
            checks.Judge(CheckId.Debug, !isDebug, "not debug", isDebug ? $"debug: {what} can be inspected and protects nothing" : "not debug");
        }
    }

    /// <summary>Judges reserved bits.</summary>
    /// <param name="checks">Takes the check.</param>
    /// <param name="policy">Whether all of them are accepted.</param>
    /// <param name="any">True when one is set that no mask tolerates.</param>
    /// <param name="where">Which.</param>
    /// <param name="tolerated">Those that a mask of the policy tolerates; empty for none.</param>
    public static void ReservedBits(CheckList checks, EvidencePolicy policy, bool any, string where, string tolerated = "")
    {
        if (!any && tolerated.Length > 0)
        {
            checks.Warn(CheckId.ReservedBits, "reserved bits that the policy tolerates by mask", tolerated);
        }
        else if (any && policy.AcceptReservedBits)
        {
            checks.Warn(CheckId.ReservedBits, "reserved bits accepted by the policy", where);
        }
        else
        {
            checks.Judge(CheckId.ReservedBits, !any, "no reserved bit set", any ? where : "no reserved bit set");
        }
    }

    /// <summary>Judges a value against a list; an empty list asks nothing and adds no check.</summary>
    public static void OneOf(CheckList checks, CheckId id, string name, ImmutableArray<byte[]> accepted, ReadOnlySpan<byte> actual)
    {
        if (!accepted.IsEmpty)
        {
            var holds = Contains(accepted, actual);
            var found = Named(name, actual);
            checks.Judge(id, holds, holds ? found : $"{name} {Join(accepted)}", found);
        }
    }

    /// <summary>True when the list holds the value.</summary>
    public static bool Contains(ImmutableArray<byte[]> list, ReadOnlySpan<byte> value)
    {
        foreach (var item in list)
        {
            if (value.SequenceEqual(item))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Judges the machine under an SGX or TDX quote.</summary>
    public static void Platform(CheckList checks, PlatformPolicy policy, PckPlatform? platform, ushort qeIsvSvn)
    {
        if (policy.MinimumQeIsvSvn is { } minimum)
        {
            checks.Judge(CheckId.QeIsvSvn, qeIsvSvn >= minimum, $"at least {minimum}", qeIsvSvn.ToString(CultureInfo.InvariantCulture));
        }

        Flag(checks, "dynamicPlatform", policy.DynamicPlatform, platform?.DynamicPlatform);
        Flag(checks, "cachedKeys", policy.CachedKeys, platform?.CachedKeys);
        Flag(checks, "smtEnabled", policy.SmtEnabled, platform?.SmtEnabled);
        if (!policy.SgxTypes.IsEmpty)
        {
            var holds = platform is not null && policy.SgxTypes.Contains(platform.SgxType);
            checks.Judge(
                CheckId.PlatformFlags, holds, $"SGXType {string.Join(" or ", policy.SgxTypes)}",
                platform is null ? "SGXType unknown" : $"SGXType {platform.SgxType}");
        }

        Machine(checks, "PPID", policy.AllowedPpids, policy.DeniedPpids, platform?.Ppid);
        Machine(
            checks, "platform instance id", policy.AllowedPlatformInstanceIds, policy.DeniedPlatformInstanceIds,
            platform?.PlatformInstanceId);
        OneOf(checks, CheckId.PlatformFlags, "FMSPC", policy.AllowedFmspcs, platform?.Fmspc);
        if (!policy.DeniedFmspcs.IsEmpty)
        {
            var denied = platform is null || Contains(policy.DeniedFmspcs, platform.Fmspc);
            checks.Judge(CheckId.PlatformFlags, !denied, $"FMSPC not {Join(policy.DeniedFmspcs)}", $"FMSPC {Hex(platform?.Fmspc)}");
        }
    }

    /// <summary>Lower-case hex, or <c>all zero</c> for a longer run of zeros.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 16 && !bytes.ContainsAnyExcept((byte)0) ? Zero : Convert.ToHexStringLower(bytes);

    /// <summary>A name, a space and the value as <see cref="Hex"/> writes it, without a string in between.</summary>
    public static string Named(string name, ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 16 && !bytes.ContainsAnyExcept((byte)0)
            ? $"{name} {Zero}"
            : string.Create(name.Length + 1 + (2 * bytes.Length), new NamedBytes(name, bytes), static (text, value) =>
            {
                value.Name.CopyTo(text);
                text[value.Name.Length] = ' ';
                Convert.TryToHexStringLower(value.Bytes, text[(value.Name.Length + 1)..], out _);
            });

    /// <summary>The values of a list, in hex.</summary>
    public static string Join(ImmutableArray<byte[]> list) =>
        list.Length <= 4
            ? string.Join(" or ", list.Select(v => Hex(v)))
            : $"one of {list.Length} values, such as {Hex(list[0])}";

    /// <summary>An instant as collateral writes it.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // Identifiers of one machine stay out of the texts: verdicts live in logs.
    private static void Machine(
        CheckList checks, string name, ImmutableArray<byte[]> allowed, ImmutableArray<byte[]> denied, byte[]? actual)
    {
        if (!allowed.IsEmpty)
        {
            var holds = actual is not null && Contains(allowed, actual);
            checks.Judge(
                CheckId.PlatformFlags, holds, $"a {name} that the policy allows",
                holds ? $"a {name} that the policy allows" : actual is null ? $"no {name}" : $"another {name}");
        }

        if (!denied.IsEmpty)
        {
            var holds = actual is null || !Contains(denied, actual);
            checks.Judge(
                CheckId.PlatformFlags, holds, $"no {name} that the policy denies",
                holds ? $"no {name} that the policy denies" : $"a {name} that the policy denies");
        }
    }

    private static void Flag(CheckList checks, string name, bool? required, bool? actual)
    {
        if (required is { } wanted)
        {
            checks.Judge(
                CheckId.PlatformFlags, actual == wanted, $"{name} {Text(wanted)}", $"{name} {(actual is { } known ? Text(known) : "unknown")}");
        }
    }

    private static string Text(bool value) => value ? "true" : "false";

    private readonly ref struct NamedBytes(string name, ReadOnlySpan<byte> bytes)
    {
        public readonly string Name = name;
        public readonly ReadOnlySpan<byte> Bytes = bytes;
    }
}
