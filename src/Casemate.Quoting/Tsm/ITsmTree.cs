namespace Casemate.Quoting.Tsm;

/// <summary>
/// The directory of reports of configfs. Each call is one system call or a few; results are 0 or more, or the negative error number.
/// </summary>
internal interface ITsmTree
{
    /// <summary>The names of the entries; null with an error number when the directory cannot be read.</summary>
    int List(out IReadOnlyList<string> names);

    /// <summary>Makes the directory of a request and holds it against sweepers.</summary>
    int Make(string name, out IDisposable? hold);

    /// <summary>Removes the directory of a request, which takes its files along.</summary>
    int Remove(string name);

    /// <summary>Removes the directory of a request whose process is gone; <c>-EAGAIN</c> when it is not.</summary>
    int RemoveAbandoned(string name);

    /// <summary>Writes an attribute, all of it in one call.</summary>
    int Write(string name, string attribute, ReadOnlySpan<byte> value);

    /// <summary>Reads an attribute from begin to end through one opening.</summary>
    int Read(string name, string attribute, int limit, out byte[] value);
}
