//! Checks that each member list can be read, and which ones there are.

use aws_config::SdkConfig;
use futures::future::join_all;
use securityhub_members::aws::administrators::Administrators;
use securityhub_members::aws::calls::CountCalls;
use securityhub_members::aws::default_region;
use securityhub_members::aws::pace::Pace;
use securityhub_members::aws::securityhub::SecurityHub;
use securityhub_members::check::{self, Finding};
use securityhub_members::domain::administrator::{RegionChoice, SignIn, WatchedAdmin};
use securityhub_members::domain::hub::{HubId, Region};
use securityhub_members::domain::member::AccountId;
use securityhub_members::remedies;
use securityhub_members::watch::ports::{Administrator, HubFinder as _, Regions};

use super::accounts::Watched;
use super::examined::Examined;
use super::service::{in_time, unanswered};

const HUBS: &str = "Security Hub";

/// The findings about member lists, and the monitored ones if they are known.
pub(super) struct HubFindings {
    pub(super) findings: Vec<Finding>,
    pub(super) watched: Option<Watched>,
}

impl HubFindings {
    fn of(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            watched: None,
        }
    }
}

/// A Region for requests, or the reason why there is none.
pub(super) fn region(settings: Examined<'_>, sdk: &SdkConfig) -> Result<Region, Finding> {
    if let Some(name) = settings.first_invalid(&["REGIONS", "ADMINISTRATORS"]) {
        return Err(Finding::blocked(HUBS, name));
    }
    if let Some(region) = settings.config.first_region() {
        return Ok(region.clone());
    }
    default_region(sdk).map_err(|_| Finding::wrong(HUBS, "no Region is set", remedies::NO_REGION))
}

pub(super) async fn check_hubs(settings: Examined<'_>, sdk: &SdkConfig) -> HubFindings {
    let region = match region(settings, sdk) {
        Ok(region) => region,
        Err(finding) => return HubFindings::of(vec![finding]),
    };
    let (calls, asked) = (CountCalls::default(), region.clone());
    let wanted = &settings.config.administrators;
    let administrators = Administrators::new(sdk, &calls, wanted);
    let (administrators, is_known) = match in_time(administrators).await {
        Some(Ok(administrators)) => (administrators, true),
        // An unknown owner of the credentials is a finding of its own. The member
        // lists can be checked without it.
        Some(Err(error)) => match own(wanted, sdk, &calls, region) {
            Some(own) => (own, false),
            None => {
                let finding = Finding::note(HUBS, format!("not checked: {error:#}"));
                return HubFindings::of(vec![finding]);
            }
        },
        None => return HubFindings::of(vec![unanswered(HUBS)]),
    };
    let source = SecurityHub::new(administrators.credentials(), calls, Pace::SECURITY_HUB);
    let Some(found) = in_time(administrators.administrators()).await else {
        return HubFindings::of(vec![unanswered(HUBS)]);
    };
    let several = found.len() > 1;
    let of_one = |admin: &Administrator| {
        let (source, admin, asked) = (&source, admin.clone(), &asked);
        async move { of_one(source, &admin, several, asked).await }
    };
    HubFindings {
        findings: join_all(found.iter().map(of_one)).await.concat(),
        watched: is_known.then(|| Watched::new(&found)),
    }
}

/// The account of these credentials, if it is the only administrator.
fn own(
    wanted: &[WatchedAdmin],
    sdk: &SdkConfig,
    calls: &CountCalls,
    region: Region,
) -> Option<Administrators> {
    let [only] = wanted else {
        return None;
    };
    (only.sign_in == SignIn::Own).then_some(())?;
    let regions = match &only.regions {
        RegionChoice::Sdk => RegionChoice::Named(vec![region]),
        given => given.clone(),
    };
    let nobody = AccountId::from_u64(0)?;
    let (sdk, calls) = (sdk.clone(), calls.clone());
    Some(Administrators::own(nobody, sdk, calls, regions))
}

/// Reads the first page of each list of one administrator. The request for its Regions goes
/// to the Region `asked`.
async fn of_one(
    source: &SecurityHub,
    admin: &Administrator,
    several: bool,
    asked: &Region,
) -> Vec<Finding> {
    let (regions, named) = match &admin.regions {
        Regions::Named(named) => (named.clone(), true),
        Regions::Found { enabled, but } => match enabled {
            Ok(enabled) => (enabled.difference(but).cloned().collect(), false),
            Err(error) => return vec![check::regions(error, asked)],
        },
    };
    let probe = |region: &Region| {
        let hub = HubId {
            admin: admin.account,
            region: region.clone(),
        };
        async move {
            let name = match several {
                true => hub.to_string(),
                false => hub.region.to_string(),
            };
            match in_time(source.probe(&hub)).await {
                Some(listed) => check::hub(&hub.region, &name, &listed, named),
                None => unanswered(&format!("{HUBS} {name}")),
            }
        }
    };
    join_all(regions.iter().map(probe)).await
}
