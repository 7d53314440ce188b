/* Dictionary 1 of pack.c: what routing and decision texts repeat, the most frequent last. Never change it: texts packed with it
 * would be lost. A better one becomes dictionary 2 beside it. */
#ifndef QUEUE_STORE_PACK_DICTIONARY_H
#define QUEUE_STORE_PACK_DICTIONARY_H

static const char PACK_DICTIONARY_1[] =
    "超出部分由县级跟进救助，县级办结不晚于。本年内同一事由已救助过，县级审批。一事一议会商。支出型救助：月低保标准"
    "公示天，分期发放，每期。没有适用的授权令（情形未达到先行发放的条件，或者当地没有签发），由经办人决定。"
    "核实情况后，经办人可以先行发放最多，事后补齐手续。急难型救助上限：月低保标准（试用标准）"
    "（依据：《社会救助暂行办法》第四十七条、第四十八条；急难型临时救助）。危及生命，须同时告知110、119或120。"
    "小额快救第2档：月低保标准（试用标准）的60%，按件计算，为，不核对家庭经济状况，不公示（依据：民政部、财政部"
    "《关于进一步健全完善临时救助制度的意见》（2026年）小额快救）。没有收款账户，先由经办人联系。"
    "坐标在县界内。其次是约公里。还有个乡镇街道没有坐标，没有参加比较。离坐标最近的是约米。说到了它所在的说到了。"
    "区划代码就是按说法，人现在就在那里。里叫这个名称的是。"
    "{\"level\":\"county\",\"level\":\"none\",\"code\":\"\",\"conflict\":true,\"ask\":\"place\",\"ask\":\"which\",\"ask\":\"confirm\","
    "{\"level\":\"township\",\"code\":\"520102001\",\"name\":\"街道\",\"county\":\"区\",\"confidence\":99,\"ask\":\"none\","
    "\"data\":\"2023-06-30.\",\"why\":[\"\"],\"candidates\":[{\"code\":\"52\",\"name\":\"镇\",\"county\":\"县\",\"distance_m\":10},"
    "{\"code\":\"52\",\"name\":\"乡\",\"county\":\"县\",\"distance_m\":}]}"
    "\"type\":\"EXPENSE\",\"type\":\"SMALL_FAST\",\"urgency\":\"NORMAL\",\"track\":\"officer\",\"track\":\"county\",\"tier\":\"township\","
    "\"officer_first_aid_fen\":\"fast_tier\":2,\"urgency\":\"URGENT\","
    "{\"policy\":\"2026.1+\",\"triage\":\"disaster-roof\",\"type\":\"URGENT\",\"urgency\":\"CRITICAL\",\"track\":\"first_aid\","
    "\"tier\":\"standing_order\",\"amount_fen\":662400,\"first_aid_fen\":331200,\"follow_up_fen\":331200,\"follow_up_tier\":\"county\","
    "\"by_rule\":true,\"standing_order\":\"DEMO-2026-1\",\"officer\":\"demo-officer\",\"dispatch_by\":\"2026-11-22T06:20:58.376+08:00\","
    "\"accept_by\":\"2026-11-22T05:35:58.501+08:00\",\"pay_by\":\"2026-11-23T05:20:58.501+08:00\",\"papers_by\":\"2026-11-28T00:00:00.000+08:00\","
    "\"review_by\":\"2026-11-28T00:00:00.000+08:00\",\"county_by\":\"2026-12-05T00:00:00.000+08:00\",\"rules\":[{\"rule\":\"TRIAGE\",\"value\":1,"
    "\"limit\":2},{\"rule\":\"URGENT_FIRST.amount\",\"value\":4,\"limit\":662400},{\"rule\":\"STANDING_ORDER.case\",\"value\":331200,\"limit\":331200},"
    "{\"rule\":\"STANDING_ORDER.day\",\"value\":,\"limit\":},{\"rule\":\"STANDING_ORDER.month\",\"value\":,\"limit\":},"
    "{\"rule\":\"FUND.available\",\"value\":331200,\"limit\":},{\"rule\":\"TOWNSHIP_CEILING\",\"value\":662400,\"limit\":331200}],\"why\":["
    "\"事由为“火灾”，情形为无处栖身、缺少食物饮水，列为急难型，紧急程度特急。\","
    "\"先行救助上限：月低保标准（试用标准）828.00 元×2个月×4人，为6,624.00 元（依据：《社会救助暂行办法》第四十八条；急难型先行救助、事后补齐手续）。\","
    "\"依据授权令DEMO-2026-1（县级民政部门（试用授权令），责任人代码demo-officer；试用；正式运行须由县级民政部门负责人签发本地授权令），"
    "符合先行条件，马上发放3,312.00 元。\",\"乡镇（街道）一次最多可发放，其余3,312.00 元由县级跟进救助。\","
    "\"时限：签收不晚于2026年11月22日05:45；发放不晚于2026年11月23日05:15；补齐手续不晚于2026年11月27日24时；乡镇（街道）审核不晚于2026年11月27日24时；"
    "县级决定不晚于2026年12月4日24时。\",\"本决定按规则作出并由授权人负责；您可以要求说明，也可以要求由工作人员重新决定（依据：《个人信息保护法》第二十四条）。\"]}";

#endif
