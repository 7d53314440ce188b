/* The handlers of the API, one file per area; the table that names them is in gateway.c. */
#ifndef SERVER_API_H
#define SERVER_API_H

#include "server/op.h"

void cases_get(struct op *op);         /* GET /v1/cases/{no} */
void cases_events(struct op *op);      /* GET /v1/cases/{no}/events */
void clocks_get(struct op *op);        /* GET /v1/cases/{no}/clocks */
void clocks_pause(struct op *op);      /* POST /v1/cases/{no}/pause */
void clocks_go_on(struct op *op);      /* POST /v1/cases/{no}/resume */
void verbs_act(struct op *op);         /* POST /v1/cases/{no}/{verb} */
void townships_inbox(struct op *op);   /* GET /v1/townships/{code}/inbox */
void townships_claim(struct op *op);   /* POST /v1/townships/{code}/claim */
void townships_duty(struct op *op);    /* POST /v1/townships/{code}/duty */
void townships_fund(struct op *op);    /* GET /v1/townships/{code}/fund */
void funds_allot(struct op *op);       /* POST /v1/funds/{code}/allotments */
void funds_replenish(struct op *op);   /* POST /v1/funds/{code}/replenishments */
void funds_replenish_decide(struct op *op); /* POST /v1/funds/{code}/replenishments/{request} */
void funds_borrow(struct op *op);           /* POST /v1/funds/{code}/loans */
void funds_borrow_decide(struct op *op);    /* POST /v1/funds/{code}/loans/{request} */
void funds_withdraw(struct op *op);         /* POST /v1/funds/{code}/withdrawals */
void funds_withdraw_decide(struct op *op);  /* POST /v1/funds/{code}/withdrawals/{request} */
void funds_restore(struct op *op);          /* POST /v1/funds/{code}/restorations */
void funds_repay(struct op *op);            /* POST /v1/funds/{code}/repayments */
void funds_entries(struct op *op);          /* GET /v1/funds/{code}/entries */
void funds_requests(struct op *op);         /* GET /v1/fund-requests */
void cash_draw(struct op *op);              /* POST /v1/townships/{code}/cash/draws */
void cash_return(struct op *op);            /* POST /v1/townships/{code}/cash/returns */
void cash_count(struct op *op);             /* POST /v1/townships/{code}/cash/counts */
void cash_lift(struct op *op);              /* POST /v1/townships/{code}/cash/lifts */
void tasks_list(struct op *op);             /* GET /v1/tasks */
void payments_trail(struct op *op);         /* GET /v1/payments/{id}/trail */
void routing_preview(struct op *op);   /* POST /v1/routing/preview */
void publicity_list(struct op *op);    /* GET /v1/townships/{code}/publicity */
void payments_get(struct op *op);      /* GET /v1/payments/{id} */
void payments_callback(struct op *op); /* POST /v1/payments/callback/{rail}/{secret}[/on-disburse] */
void policies_draft(struct op *op);    /* POST /v1/policies */
void policies_list(struct op *op);     /* GET /v1/policies */
void policies_get(struct op *op);      /* GET /v1/policies/{id} */
void policies_approve(struct op *op);  /* POST /v1/policies/{id}/approve */
void policies_withdraw(struct op *op); /* POST /v1/policies/{id}/withdraw */
void policies_replay(struct op *op);   /* POST /v1/policies/{id}/replay */
void disasters_declare(struct op *op); /* POST /v1/disasters */
void disasters_list(struct op *op);    /* GET /v1/disasters */
void disasters_approve(struct op *op); /* POST /v1/disasters/{id}/approve */
void disasters_end(struct op *op);     /* POST /v1/disasters/{id}/end */
void sms_callback(struct op *op);      /* GET, POST /v1/sms/{provider}/{tail*} */
void sms_of_case(struct op *op);       /* GET /v1/cases/{no}/messages */
void sms_officer(struct op *op);       /* POST /v1/townships/{code}/phone */
void rosters_send(struct op *op);      /* POST /v1/rosters */
void rosters_get(struct op *op);       /* GET /v1/rosters/{id} */
void people_history(struct op *op);    /* GET /v1/cases/{no}/history */
void spot_checks_list(struct op *op);  /* GET /v1/spot-checks */
void spot_checks_done(struct op *op);  /* POST /v1/cases/{no}/spot-check */
void households_leave(struct op *op);  /* POST /v1/cases/{no}/leave-household */
void relatives_add(struct op *op);     /* POST /v1/relatives */
void relatives_remove(struct op *op);  /* POST /v1/relatives/remove */
void relatives_list(struct op *op);    /* GET /v1/relatives */
void officer_accounts_add(struct op *op);    /* POST /v1/officer-accounts */
void officer_accounts_remove(struct op *op); /* POST /v1/officer-accounts/remove */
void officer_accounts_list(struct op *op);   /* GET /v1/officer-accounts */
void money_stuck(struct op *op);       /* GET /v1/money/stuck */
void money_stops(struct op *op);       /* GET /v1/money/stops */
void money_stop(struct op *op);        /* POST /v1/money/stops */
void reconciliation_get(struct op *op); /* GET /v1/reconciliation/{date} */
void reconciliation_ask(struct op *op); /* POST /v1/reconciliation/{date} */
void money_resume(struct op *op);      /* POST /v1/money/resumes */
void calls_events(struct op *op);       /* POST /v1/calls/events */
void calls_get(struct op *op);          /* GET /v1/calls/{source}/{id} */
void reports_hotline(struct op *op);    /* GET /v1/reports/hotline */
void payments_decide(struct op *op);   /* POST /v1/payments/{id}/decision */
void hooks_add(struct op *op);          /* POST /v1/hooks */
void hooks_list(struct op *op);         /* GET /v1/hooks */
void hooks_remove(struct op *op);       /* DELETE /v1/hooks/{id} */
void hooks_dead(struct op *op);         /* GET /v1/hooks/{id}/dead */
void hooks_replay(struct op *op);       /* POST /v1/hooks/{id}/replay */
/* /open311/v2/…, each as .json and .xml */
void open311_discovery(struct op *op); /* GET discovery */
void open311_services(struct op *op);  /* GET services */
void open311_service(struct op *op);   /* GET services/{code} */
void open311_post(struct op *op);      /* POST requests */
void open311_requests(struct op *op);  /* GET requests */
void open311_request(struct op *op);   /* GET requests/{id} */
void open311_token(struct op *op);     /* GET tokens/{token} */
void register_checks(struct op *op);   /* GET /v1/cases/{no}/checks */
void register_ask(struct op *op);      /* POST /v1/cases/{no}/checks */
void register_callback(struct op *op); /* POST /v1/register/callback */
void process_livez(struct op *op);     /* GET /livez */
void process_readyz(struct op *op);    /* GET /readyz */
void process_metrics(struct op *op);   /* GET /metrics */

#endif
