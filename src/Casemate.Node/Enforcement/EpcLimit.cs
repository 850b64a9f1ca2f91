using System.Globalization;

namespace Casemate.Node.Enforcement;

/// <summary>The EPC limit of one container.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Bytes">The limit; 0 where there is none.</param>
internal readonly record struct EpcLimit(EpcLimitSource Source, long Bytes)
{
    /// <summary>The cgroup file that holds it.</summary>
    public const string File = "misc.max";

    /// <summary>The controller's key for EPC.</summary>
    public const string Key = "sgx_epc";

    /// <summary>True where there is one to set.</summary>
    public bool IsSet => Bytes > 0;

    /// <summary>What is written to <see cref="File"/>: key and bytes.</summary>
    public string Line => string.Create(CultureInfo.InvariantCulture, $"{Key} {Bytes}");

    /// <summary>True when what stands for the file has a limit of EPC already.</summary>
    public static bool IsIn(string content)
    {
        foreach (var range in content.AsSpan().Split('\n'))
        {
            var line = content.AsSpan(range).TrimStart();
            if (line.StartsWith(Key, StringComparison.Ordinal) && line.Length > Key.Length && char.IsWhiteSpace(line[Key.Length]))
            {
                return true;
            }
        }

        return false;
    }
}
