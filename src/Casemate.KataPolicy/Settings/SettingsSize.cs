using Casemate.Rego;

namespace Casemate.KataPolicy.Settings;

/// <summary>How much text a value would become, without writing it.</summary>
internal static class SettingsSize
{
    /// <summary>Whether a value has at most so many characters and elements together. It looks no further than the limit.</summary>
    public static bool IsWithin(RegoValue value, long limit) => Take(value, ref limit);

    private static bool Take(RegoValue value, ref long left)
    {
        if (--left < 0)
        {
            return false;
        }

        switch (value)
        {
            case RegoString text:
                left -= text.Value.Length;
                return left >= 0;
            case RegoObject members:
                foreach (var (key, inner) in members)
                {
                    if (!Take(key, ref left) || !Take(inner, ref left))
                    {
                        return false;
                    }
                }

                return true;
            case RegoArray items:
                foreach (var item in items)
                {
                    if (!Take(item, ref left))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return true;
        }
    }
}
