namespace Casemate.Collateral.Pccs;

/// <summary>Takes the white space between the tokens of JSON away and leaves every token as it is.</summary>
internal static class JsonWhiteSpace
{
    /// <summary>The compact form of well-formed JSON.</summary>
    public static byte[] Remove(ReadOnlySpan<byte> json)
    {
        var compact = new byte[json.Length];
        var (length, inString, escaped) = (0, false, false);
        foreach (var value in json)
        {
            if (!inString && value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                continue;
            }

            compact[length++] = value;
            if (escaped)
            {
                escaped = false;
            }
            else if (inString && value == '\\')
            {
                escaped = true;
            }
            else if (value == '"')
            {
                inString = !inString;
            }
        }

        return compact[..length];
    }
}
