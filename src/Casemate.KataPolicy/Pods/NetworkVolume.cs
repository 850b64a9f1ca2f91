namespace Casemate.KataPolicy.Pods;

/// <summary>A volume of one of the older in-tree types whose content a server elsewhere holds.</summary>
/// <param name="Type">The member's name: <c>nfs</c>, <c>iscsi</c>, <c>rbd</c>, <c>cephfs</c>, <c>fc</c> and so on.</param>
/// <param name="ReadOnly"><c>readOnly</c>, false by default.</param>
public sealed record NetworkVolume(string Type, bool ReadOnly) : VolumeSource;
